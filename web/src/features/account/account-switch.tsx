import { t } from '@lingui/core/macro'
import { useEffect } from 'react'
import { chosenAccount } from '@/api/client'
import type { TradingAccount } from '@/api/schema'
import { useOpenAccounts } from '@/features/account/queries'
import { chooseAccount } from '@/session'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'

/** The choice among the user's accounts; nothing for a user with only one. */
export function AccountSwitch({ className }: { className?: string }) {
  const accounts = useOpenAccounts()
  const chosen = useStore(chosenAccount)
  const current = accounts.find((account) => idOf(account) === chosen)
  const isGone = accounts.length > 0 && !current
  useEffect(() => {
    // The account was closed elsewhere; the first one can't be.
    if (isGone) chooseAccount(null)
  }, [isGone])
  if (accounts.length < 2 || !current) return null
  return (
    <select
      aria-label={t`Account`}
      title={t`The account that this page shows`}
      value={current.accountId}
      onChange={(event) => {
        const next = accounts.find(({ accountId }) => accountId === event.target.value)
        if (next) chooseAccount(idOf(next))
      }}
      className={cx(
        'h-7 min-w-0 rounded-md border border-line bg-ground px-2 text-xs text-ink hover:border-edge',
        className,
      )}
    >
      {accounts.map(({ accountId, name }) => (
        <option key={accountId} value={accountId}>
          {name}
        </option>
      ))}
    </select>
  )
}

/** The first account is the one that requests without a name are about. */
function idOf({ accountId, first }: TradingAccount): string | null {
  return first ? null : accountId
}
