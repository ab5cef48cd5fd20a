import { type ReactNode, useState } from 'react'
import { chosenAccount } from '@/api/client'
import { fieldProblem } from '@/api/errors'
import type { PositionMode, TradingAccount } from '@/api/schema'
import { parse, print, SCALE } from '@/decimal'
import { Failure, useWait } from '@/failure'
import type { AccountMatter } from '@/features/account/accounts-card'
import {
  useChangeAccount,
  useCloseAccount,
  useOpenAccount,
  useResetAccount,
} from '@/features/account/queries'
import * as format from '@/format'
import { randomId } from '@/random-id'
import { chooseAccount } from '@/session'
import { Button, type ButtonLook } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Segmented } from '@/ui/tabs'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

const NAME_CHARS_MAX = 40

/** The limits of a balance to begin with, in USD. */
const BALANCE_MIN = 100n
const BALANCE_MAX = 1_000_000n

type DialogProps = { account: TradingAccount; onClose: () => void }

type AccountDialogProps = {
  matter: AccountMatter
  account: TradingAccount | null
  onClose: () => void
}

/** The dialog for one thing that can be done with an account. */
export function AccountDialog({ matter, account, onClose }: AccountDialogProps) {
  const title = {
    open: 'Open an account',
    rename: `Rename ${account?.name}`,
    reset: `Reset ${account?.name}`,
    close: `Close ${account?.name}`,
  }[matter]
  return (
    <Dialog open onClose={onClose} title={title}>
      {matter === 'open' && <OpenForm onClose={onClose} />}
      {account && matter === 'rename' && <RenameForm account={account} onClose={onClose} />}
      {account && matter === 'reset' && <ResetForm account={account} onClose={onClose} />}
      {account && matter === 'close' && <CloseForm account={account} onClose={onClose} />}
    </Dialog>
  )
}

const MODES: { value: PositionMode; label: string; about: string }[] = [
  {
    value: 'separate',
    label: 'Separate',
    about: 'Every order opens a position of its own, with its own leverage.',
  },
  {
    value: 'one_way',
    label: 'One-way',
    about: 'One net position per market. What exchange bots expect.',
  },
  {
    value: 'hedge',
    label: 'Hedge',
    about: 'One long and one short position per market at the same time.',
  },
]

function OpenForm({ onClose }: { onClose: () => void }) {
  const open = useOpenAccount()
  const [mode, setMode] = useState<PositionMode>('separate')
  // A repeated press opens no second account.
  const [key] = useState(randomId)
  const { form, problemOf } = useFormProblems(
    { name: ({ name }) => nameProblem(name), balance: ({ balance }) => balanceProblem(balance) },
    ({ name, balance }) =>
      open.mutate(
        { key, account: { name: name.trim(), balance: plain(balance), mode } },
        {
          onSuccess({ name }) {
            toast(
              'success',
              'Account opened',
              `Choose ${name} at the top of the page to trade with it.`,
            )
            onClose()
          },
        },
      ),
  )
  return (
    <form className="flex flex-col gap-4" aria-label="Open an account" {...form}>
      <Field
        data-first
        label="Name"
        name="name"
        autoComplete="off"
        placeholder="Swing trading"
        problem={problemOf('name', fieldProblem(open.error, 'name'))}
      />
      <BalanceField problem={problemOf('balance', fieldProblem(open.error, 'balance'))} />
      <div className="flex flex-col gap-1">
        <span className="text-xs text-soft">Position mode</span>
        <Segmented<PositionMode>
          label="Position mode"
          value={mode}
          onChange={setMode}
          size="md"
          className="border border-edge p-0.5"
          options={MODES}
        />
        <span className="text-xs text-soft">
          {MODES.find(({ value }) => value === mode)?.about}
        </span>
      </div>
      <End mutation={open} action="Open the account" onClose={onClose} />
    </form>
  )
}

function RenameForm({ account, onClose }: DialogProps) {
  const change = useChangeAccount()
  const { form, problemOf } = useFormProblems(
    { name: ({ name }) => nameProblem(name) },
    ({ name }) =>
      change.mutate(
        { id: account.accountId, change: { name: name.trim() } },
        { onSuccess: onClose },
      ),
  )
  return (
    <form className="flex flex-col gap-4" aria-label="Rename the account" {...form}>
      <Field
        data-first
        label="Name"
        name="name"
        autoComplete="off"
        defaultValue={account.name}
        problem={problemOf('name', fieldProblem(change.error, 'name'))}
        hint={account.onLeaderboard && 'The leaderboard shows this name.'}
      />
      <End mutation={change} action="Rename" onClose={onClose} />
    </form>
  )
}

function ResetForm({ account, onClose }: DialogProps) {
  const reset = useResetAccount()
  const { form, problemOf } = useFormProblems(
    { balance: ({ balance }) => balanceProblem(balance) },
    ({ balance }) =>
      reset.mutate(
        { id: account.accountId, balance: plain(balance) },
        {
          onSuccess() {
            toast('success', 'Account reset', `${account.name} begins again.`)
            onClose()
          },
        },
      ),
  )
  return (
    <form className="flex flex-col gap-4" aria-label="Reset the account" {...form}>
      <Notice tone="error">
        All positions of this account are closed at the current price and all its orders are
        canceled. Then its balance is replaced. This can’t be undone.
      </Notice>
      <p className="text-soft">
        {account.balance !== null &&
          `The account is worth ${format.usd(BigInt(account.balance.equityInt))} USD now. `}
        Its history stays. The reset is marked in the portfolio and on the leaderboard, and a loss
        before it still counts.
      </p>
      <BalanceField first problem={problemOf('balance', fieldProblem(reset.error, 'balance'))} />
      <End mutation={reset} action="Close all and reset" look="danger" onClose={onClose} />
    </form>
  )
}

function CloseForm({ account, onClose }: DialogProps) {
  const close = useCloseAccount()
  return (
    <form
      className="flex flex-col gap-4"
      aria-label="Close the account"
      onSubmit={(event) => {
        event.preventDefault()
        close.mutate(account.accountId, {
          onSuccess() {
            onClose()
            // This tab goes on with the first account, which can't be closed.
            if (chosenAccount.get() === account.accountId) chooseAccount(null)
          },
        })
      }}
    >
      <p className="text-soft">
        A closed account can’t trade again and leaves the leaderboard. Its history can still be
        read. Positions and orders have to be closed first.
      </p>
      <End mutation={close} action="Close the account" look="danger" onClose={onClose} />
    </form>
  )
}

function BalanceField({ problem, first }: { problem: string | null; first?: boolean }) {
  return (
    <Field
      data-first={first}
      label="Balance to begin with"
      name="balance"
      inputMode="decimal"
      autoComplete="off"
      defaultValue="1000"
      unit="USD"
      hint="From 100 to 1,000,000."
      problem={problem}
    />
  )
}

type EndProps = {
  mutation: { error: unknown; submittedAt: number; isPending: boolean }
  action: string
  look?: ButtonLook
  onClose: () => void
}

/** The end of a dialog: what went wrong, and the buttons. */
function End({ mutation, action, look = 'primary', onClose }: EndProps): ReactNode {
  const wait = useWait(mutation)
  return (
    <>
      <Failure error={mutation.error} wait={wait} />
      <div className="flex justify-end gap-2">
        {/* Where there is no field before it, it gets the focus. */}
        <Button data-first onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" look={look} pending={mutation.isPending} disabled={wait > 0}>
          {action}
        </Button>
      </div>
    </>
  )
}

function nameProblem(name: string): string | null {
  const chars = [...name.trim()].length
  return chars >= 1 && chars <= NAME_CHARS_MAX ? null : 'Use 1 to 40 characters'
}

function balanceProblem(text: string): string | null {
  const parsed = parse(text)
  if (!parsed.ok) return format.capitalized(parsed.problem)
  const isAllowed = parsed.value >= BALANCE_MIN * SCALE && parsed.value <= BALANCE_MAX * SCALE
  return isAllowed ? null : 'Use 100 to 1,000,000 USD'
}

/** Returns a typed amount in the notation of the API. */
function plain(text: string): string {
  const parsed = parse(text)
  return parsed.ok ? print(parsed.value) : text
}
