/** Totals over all positions, updated with every price. */

import { useRealizedPnl } from '@/features/account/realized'
import * as format from '@/format'
import { valuingQuote } from '@/live/marks'
import { LiveText } from '@/live/use-live'
import { assetsOf, unrealizedPnl } from '@/trading/account'
import { useAccount } from '@/trading/queries'
import { cx } from '@/ui/class-names'

/** The current equity of the account. */
export function Equity() {
  const account = useAccount().data
  return (
    <LiveText
      assets={assetsOf(account?.positions ?? [])}
      testId="equity"
      content={() => {
        const unrealized = account && unrealizedPnl(account.positions, valuingQuote)
        if (!account || unrealized == null) return null
        return {
          text: format.usd(account.free + account.usedMargin + account.reserved + unrealized),
        }
      }}
    />
  )
}

/** The P&L if all positions were closed now. */
export function Unrealized() {
  const account = useAccount().data
  return (
    <LiveText
      assets={assetsOf(account?.positions ?? [])}
      testId="unrealized"
      content={() => {
        const sum = account && unrealizedPnl(account.positions, valuingQuote)
        if (sum == null) return null
        return {
          text: format.signedUsd(sum),
          tone: sum === 0n ? 'plain' : sum > 0n ? 'up' : 'down',
        }
      }}
    />
  )
}

/** The P&L of all closes. */
export function Realized() {
  const sum = useRealizedPnl()
  if (sum === null) return format.UNKNOWN
  return (
    <span data-testid="realized" className={cx(sum > 0n && 'text-up', sum < 0n && 'text-down')}>
      {format.signedUsd(sum)}
    </span>
  )
}
