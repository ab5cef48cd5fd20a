/** The mark price and the next funding of a market, in its header. */

import { t } from '@lingui/core/macro'
import * as format from '@/format'
import { markOf, useMark } from '@/live/marks'
import { LiveText } from '@/live/use-live'
import type { Asset } from '@/markets'
import { useClock } from '@/ui/use-clock'

export function MarkPrice({ asset }: { asset: Asset }) {
  return (
    <LiveText
      assets={[asset]}
      testId="mark-price"
      content={() => {
        const mark = markOf(asset)
        return mark && { text: format.price(asset, mark.price) }
      }}
    />
  )
}

/** The rate that the next funding would have now, and the time until then. */
export function NextFunding({ asset }: { asset: Asset }) {
  const mark = useMark(asset)
  const now = useClock()
  if (mark?.fundingRate == null) return format.UNKNOWN
  const { fundingRate, nextFundingTime } = mark
  const left = nextFundingTime === null ? null : format.duration(nextFundingTime - now)
  return (
    <span data-testid="next-funding">
      {format.rate(fundingRate)}
      {left !== null && (
        <span className="text-faint"> {t({ message: `in ${left}`, context: 'time' })}</span>
      )}
    </span>
  )
}
