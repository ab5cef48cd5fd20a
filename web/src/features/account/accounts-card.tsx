import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
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

function modeName(mode: PositionMode): string {
  return {
    separate: t`Separate positions`,
    one_way: t`One net position per market`,
    hedge: t`One long and one short per market`,
  }[mode]
}

/** The user's accounts: opened, shown, named, reset and closed. */
export function AccountsCard() {
  const accounts = useAccounts()
  const [ask, setAsk] = useState<Ask | null>(null)
  const [isClosedShown, setIsClosedShown] = useState(false)
  const open = accounts.data?.filter(({ closedAt }) => closedAt === null) ?? []
  const closed = accounts.data?.filter(({ closedAt }) => closedAt !== null) ?? []
  const count = closed.length
  return (
    <Card
      title={t`Accounts`}
      about={t`Each has a balance, positions and settings of its own. All of it is virtual money.`}
      aside={
        <Button
          onClick={() => setAsk({ matter: 'open', account: null })}
        >{t`Open an account`}</Button>
      }
    >
      {accounts.isPending && <Loading label={t`Loading accounts`} />}
      {accounts.isError && (
        <Failed message={sentence(accounts.error)} onRetry={() => void accounts.refetch()} />
      )}
      {accounts.data && (
        <ul aria-label={t`Accounts`} className="flex flex-col divide-y divide-line">
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
          {t`Show ${count} closed`}
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
  const { startingBalanceInt } = account
  const begun = startingBalanceInt === null ? null : format.usd(BigInt(startingBalanceInt))
  const isShown = first ? chosen === null : chosen === accountId
  return (
    <li className="flex flex-col gap-2 py-3 first:pt-0 last:pb-0" aria-label={name}>
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-2 font-medium break-words">
            {name}
            {isShown && <Badge tone="up">{t`Shown in this tab`}</Badge>}
            {closedAt !== null && <Badge>{t({ message: 'Closed', context: 'account' })}</Badge>}
          </p>
          <p className="mt-0.5 text-xs text-soft">
            {mode === null ? t`Position mode unknown` : modeName(mode as PositionMode)}
            {begun !== null && ` · ${t`began with ${begun} USD`}`}
          </p>
          <p className="mt-0.5 text-xs text-faint">
            <Trans>
              Opened <Moment at={openedAt} />
            </Trans>
            {resetAt !== null && (
              <>
                {' · '}
                <Trans>
                  reset <Moment at={resetAt} />
                </Trans>
              </>
            )}
            {closedAt !== null && (
              <>
                {' · '}
                <Trans>
                  closed <Moment at={closedAt} />
                </Trans>
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
            <span className="block text-2xs text-faint">{t`USD equity`}</span>
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
        <IconButton ref={trigger} label={t`Actions for ${name}`}>
          <Ellipsis size={16} aria-hidden />
        </IconButton>
      }
    >
      {!isShown && (
        <MenuItem onSelect={() => chooseAccount(first ? null : accountId)}>
          {t`Show in this tab`}
        </MenuItem>
      )}
      <MenuItem onSelect={ask('rename')}>{t`Rename…`}</MenuItem>
      <MenuLine />
      <MenuItem onSelect={ask('reset')}>{t`Reset…`}</MenuItem>
      {!first && (
        <MenuItem onSelect={ask('close')}>{t({ message: 'Close…', context: 'account' })}</MenuItem>
      )}
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
          { onError: (error) => toast('error', t`The account was not changed`, sentence(error)) },
        )
      }
      className="flex items-center justify-between gap-3 self-start text-xs text-soft"
    >
      <span>
        <Trans>
          On the leaderboard<span className="sr-only"> with {name}</span>
        </Trans>
      </span>
    </Switch>
  )
}
