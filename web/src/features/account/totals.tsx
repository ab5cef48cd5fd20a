/** Totals over all positions, updated with every price. */

import { t } from '@lingui/core/macro'
import { useRealizedPnl } from '@/features/account/realized'
import * as format from '@/format'
import { valuingQuote } from '@/live/marks'
import { LiveText } from '@/live/use-live'
import { hasCosts, markets } from '@/markets'
import { useStore } from '@/store'
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

/** The name of the total P&L, which says whether it is after costs where the markets have some. */
export function useRealizedWords(): { name: string; about: string } {
  const isCostly = useStore(markets).some(hasCosts)
  const isNet = useRealizedPnl()?.isNet ?? true
  if (!isCostly) return { name: t`Realized P&L`, about: t`Total over all closed positions.` }
  return isNet
    ? {
        name: t`Net realized P&L`,
        about: t`Total over all closed positions, after their fees and fundings.`,
      }
    : {
        name: t`Realized P&L before costs`,
        about: t`Total over all closed positions, before fees and fundings.`,
      }
}

/** The total P&L of all closed positions. */
export function Realized() {
  const sum = useRealizedPnl()?.amount
  if (sum === undefined) return format.UNKNOWN
  return (
    <span data-testid="realized" className={cx(sum > 0n && 'text-up', sum < 0n && 'text-down')}>
      {format.signedUsd(sum)}
    </span>
  )
}
