import { Ellipsis } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { chosenAccount } from '@/api/client'
import { sentence } from '@/api/errors'
import type { PositionMode, TradingAccount } from '@/api/schema'
import { Card } from '@/features/account/card'
import { useAccounts, useChangeAccount } from '@/features/account/queries'
import * as format from '@/format'
import { chooseAccount } from '@/session'
import { useStore } from '@/store'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { Button, IconButton } from '@/ui/button'
import { Menu, MenuItem, MenuLine } from '@/ui/menu'
import { Failed, Loading } from '@/ui/states'
import { Switch } from '@/ui/switch'
import { toast } from '@/ui/toast'

/** What a dialog is about. */
export type AccountMatter = 'open' | 'rename' | 'reset' | 'close'

type Ask = { matter: AccountMatter; account: TradingAccount | null }

const AccountDialog = lazy(async () => ({
  default: (await import('@/features/account/account-dialogs')).AccountDialog,
}))

const MODES: Record<PositionMode, string> = {
  separate: 'Separate positions',
  one_way: 'One net position per market',
  hedge: 'One long and one short per market',
}

/** The user's accounts: opened, shown, named, reset and closed. */
export function AccountsCard() {
  const accounts = useAccounts()
  const [ask, setAsk] = useState<Ask | null>(null)
  const [isClosedShown, setIsClosedShown] = useState(false)
  const open = accounts.data?.filter(({ closedAt }) => closedAt === null) ?? []
  const closed = accounts.data?.filter(({ closedAt }) => closedAt !== null) ?? []
  return (
    <Card
      title="Accounts"
      about="Each has a balance, positions and settings of its own. All of it is virtual money."
      aside={
        <Button onClick={() => setAsk({ matter: 'open', account: null })}>Open an account</Button>
      }
    >
      {accounts.isPending && <Loading label="Loading accounts" />}
      {accounts.isError && (
        <Failed message={sentence(accounts.error)} onRetry={() => void accounts.refetch()} />
      )}
      {accounts.data && (
        <ul aria-label="Accounts" className="flex flex-col divide-y divide-line">
          {[...open, ...(isClosedShown ? closed : [])].map((account) => (
            <Row
              key={account.accountId}
              account={account}
              onAsk={(matter) => setAsk({ matter, account })}
            />
          ))}
        </ul>
      )}
      {closed.length > 0 && !isClosedShown && (
        <Button size="sm" className="mt-3" onClick={() => setIsClosedShown(true)}>
          Show {closed.length} closed
        </Button>
      )}
      {ask && (
        <Suspense>
          <AccountDialog {...ask} onClose={() => setAsk(null)} />
        </Suspense>
      )}
    </Card>
  )
}

type RowProps = { account: TradingAccount; onAsk: (matter: AccountMatter) => void }

function Row({ account, onAsk }: RowProps) {
  const { accountId, name, first, balance, closedAt, resetAt, openedAt, mode } = account
  const chosen = useStore(chosenAccount)
  const isShown = first ? chosen === null : chosen === accountId
  return (
    <li className="flex flex-col gap-2 py-3 first:pt-0 last:pb-0" aria-label={name}>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-2 font-medium break-words">
            {name}
            {isShown && <Badge tone="up">Shown in this tab</Badge>}
            {closedAt !== null && <Badge>Closed</Badge>}
          </p>
          <p className="mt-0.5 text-xs text-soft">
            {mode === null ? 'Position mode unknown' : MODES[mode as PositionMode]}
            {account.startingBalanceInt !== null &&
              ` · began with ${format.usd(BigInt(account.startingBalanceInt))} USD`}
          </p>
          <p className="mt-0.5 text-xs text-faint">
            Opened <Moment at={openedAt} />
            {resetAt !== null && (
              <>
                {' · reset '}
                <Moment at={resetAt} />
              </>
            )}
            {closedAt !== null && (
              <>
                {' · closed '}
                <Moment at={closedAt} />
              </>
            )}{' '}
            · <ZoneName />
          </p>
        </div>
        <div className="flex shrink-0 items-start gap-1">
          <p className="text-right leading-4">
            <span className="font-medium" data-testid="account-equity">
              {balance === null ? format.UNKNOWN : format.usd(BigInt(balance.equityInt))}
            </span>
            <span className="block text-2xs text-faint">USD equity</span>
          </p>
          {closedAt === null && <Actions account={account} isShown={isShown} onAsk={onAsk} />}
        </div>
      </div>
      {closedAt === null && <TakePart account={account} />}
    </li>
  )
}

function Actions({ account, isShown, onAsk }: RowProps & { isShown: boolean }) {
  const { accountId, name, first } = account
  const trigger = useRef<HTMLButtonElement>(null)
  const ask = (matter: AccountMatter) => () => {
    // The dialog returns the focus to where it was, and the item will be gone.
    trigger.current?.focus()
    onAsk(matter)
  }
  return (
    <Menu
      trigger={
        <IconButton ref={trigger} label={`Actions for ${name}`}>
          <Ellipsis size={16} aria-hidden />
        </IconButton>
      }
    >
      {!isShown && (
        <MenuItem onSelect={() => chooseAccount(first ? null : accountId)}>
          Show in this tab
        </MenuItem>
      )}
      <MenuItem onSelect={ask('rename')}>Rename…</MenuItem>
      <MenuLine />
      <MenuItem onSelect={ask('reset')}>Reset…</MenuItem>
      {!first && <MenuItem onSelect={ask('close')}>Close…</MenuItem>}
    </Menu>
  )
}

function TakePart({ account: { accountId, name, onLeaderboard } }: { account: TradingAccount }) {
  const change = useChangeAccount()
  return (
    <Switch
      checked={change.isPending ? change.variables.change.onLeaderboard === true : onLeaderboard}
      onChange={(on) =>
        change.mutate(
          { id: accountId, change: { onLeaderboard: on } },
          { onError: (error) => toast('error', 'The account was not changed', sentence(error)) },
        )
      }
      className="flex items-center justify-between gap-3 self-start text-xs text-soft"
    >
      <span>
        On the leaderboard<span className="sr-only"> with {name}</span>
      </span>
    </Switch>
  )
}
