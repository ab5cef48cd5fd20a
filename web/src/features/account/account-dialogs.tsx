import { t } from '@lingui/core/macro'
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
import { inNotation } from '@/notation'
import { randomId } from '@/random-id'
import { chooseAccount } from '@/session'
import { Button, type ButtonLook } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField, Field } from '@/ui/field'
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
  const name = account?.name ?? ''
  const title = {
    open: t`Open an account`,
    rename: t`Rename ${name}`,
    reset: t`Reset ${name}`,
    close: t({ message: `Close ${name}`, context: 'account' }),
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

/** The position modes, with what each means. */
function modes(): { value: PositionMode; label: string; about: string }[] {
  return [
    {
      value: 'separate',
      label: t({ message: 'Separate', context: 'position mode' }),
      about: t`Every order opens a position of its own, with its own leverage.`,
    },
    {
      value: 'one_way',
      label: t({ message: 'One-way', context: 'position mode' }),
      about: t`One net position per market. What exchange bots expect.`,
    },
    {
      value: 'hedge',
      label: t({ message: 'Hedge', context: 'position mode' }),
      about: t`One long and one short position per market at the same time.`,
    },
  ]
}

function OpenForm({ onClose }: { onClose: () => void }) {
  const open = useOpenAccount()
  const [mode, setMode] = useState<PositionMode>('separate')
  const options = modes()
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
              t`Account opened`,
              t`Choose ${name} at the top of the page to trade with it.`,
            )
            onClose()
          },
        },
      ),
  )
  return (
    <form className="flex flex-col gap-4" aria-label={t`Open an account`} {...form}>
      <Field
        data-first
        label={t`Name`}
        name="name"
        autoComplete="off"
        placeholder={t`Swing trading`}
        problem={problemOf('name', fieldProblem(open.error, 'name'))}
      />
      <BalanceField problem={problemOf('balance', fieldProblem(open.error, 'balance'))} />
      <div className="flex flex-col gap-1">
        <span className="text-xs text-soft">{t`Position mode`}</span>
        <Segmented<PositionMode>
          label={t`Position mode`}
          value={mode}
          onChange={setMode}
          size="md"
          className="border border-edge p-0.5"
          options={options}
        />
        <span className="text-xs text-soft">
          {options.find(({ value }) => value === mode)?.about}
        </span>
      </div>
      <End
        mutation={open}
        fields={['name', 'balance']}
        action={t`Open the account`}
        onClose={onClose}
      />
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
    <form className="flex flex-col gap-4" aria-label={t`Rename the account`} {...form}>
      <Field
        data-first
        label={t`Name`}
        name="name"
        autoComplete="off"
        defaultValue={account.name}
        problem={problemOf('name', fieldProblem(change.error, 'name'))}
        hint={account.onLeaderboard && t`The leaderboard shows this name.`}
      />
      <End mutation={change} fields={['name']} action={t`Rename`} onClose={onClose} />
    </form>
  )
}

function ResetForm({ account, onClose }: DialogProps) {
  const reset = useResetAccount()
  const { name } = account
  const worth = account.balance && format.usd(BigInt(account.balance.equityInt))
  const { form, problemOf } = useFormProblems(
    { balance: ({ balance }) => balanceProblem(balance) },
    ({ balance }) =>
      reset.mutate(
        { id: account.accountId, balance: plain(balance) },
        {
          onSuccess() {
            toast('success', t`Account reset`, t`${name} begins again.`)
            onClose()
          },
        },
      ),
  )
  return (
    <form className="flex flex-col gap-4" aria-label={t`Reset the account`} {...form}>
      <Notice tone="error">
        {t`All positions of this account are closed at the current price and all its orders are canceled. Then its balance is replaced. This can’t be undone.`}
      </Notice>
      <p className="text-soft">
        {worth !== null && `${t`The account is worth ${worth} USD now.`} `}
        {t`Its history stays. The reset is marked in the portfolio and on the leaderboard, and a loss before it still counts.`}
      </p>
      <BalanceField first problem={problemOf('balance', fieldProblem(reset.error, 'balance'))} />
      <End
        mutation={reset}
        fields={['balance']}
        action={t`Close all and reset`}
        look="danger"
        onClose={onClose}
      />
    </form>
  )
}

function CloseForm({ account, onClose }: DialogProps) {
  const close = useCloseAccount()
  return (
    <form
      className="flex flex-col gap-4"
      aria-label={t`Close the account`}
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
        {t`A closed account can’t trade again and leaves the leaderboard. Its history can still be read. Positions and orders have to be closed first.`}
      </p>
      <End
        mutation={close}
        fields={[]}
        action={t`Close the account`}
        look="danger"
        onClose={onClose}
      />
    </form>
  )
}

function BalanceField({ problem, first }: { problem: string | null; first?: boolean }) {
  const [text, setText] = useState('1000')
  const { least, most } = limits()
  return (
    <AmountField
      data-first={first}
      label={t`Balance to begin with`}
      name="balance"
      value={text}
      onText={setText}
      unit="USD"
      hint={t`From ${least} to ${most}.`}
      problem={problem}
    />
  )
}

/** The limits of a balance to begin with, as they are shown. */
function limits(): { least: string; most: string } {
  const whole = (value: bigint) => format.fixed(value * SCALE, 0, 'floor')
  return { least: whole(BALANCE_MIN), most: whole(BALANCE_MAX) }
}

type EndProps = {
  mutation: { error: unknown; submittedAt: number; isPending: boolean }
  /** The fields of the form. */
  fields: readonly string[]
  action: string
  look?: ButtonLook
  onClose: () => void
}

/** The end of a dialog: what went wrong, and the buttons. */
function End({ mutation, fields, action, look = 'primary', onClose }: EndProps): ReactNode {
  const wait = useWait(mutation)
  return (
    <>
      <Failure error={mutation.error} wait={wait} fields={fields} />
      <div className="flex justify-end gap-2">
        {/* Where there is no field before it, it gets the focus. */}
        <Button data-first onClick={onClose}>
          {t`Cancel`}
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
  return chars >= 1 && chars <= NAME_CHARS_MAX ? null : t`Use 1 to ${NAME_CHARS_MAX} characters`
}

function balanceProblem(typed: string): string | null {
  const parsed = parse(inNotation(typed))
  if (!parsed.ok) return format.capitalized(parsed.problem)
  const isAllowed = parsed.value >= BALANCE_MIN * SCALE && parsed.value <= BALANCE_MAX * SCALE
  const { least, most } = limits()
  return isAllowed ? null : t`Use ${least} to ${most} USD`
}

/** Returns an amount, typed in the notation of the page, in that of the API. */
function plain(typed: string): string {
  const parsed = parse(inNotation(typed))
  return parsed.ok ? print(parsed.value) : typed
}
