/** The mark price and the next funding of a market, in its header. */

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
  return (
    <span data-testid="next-funding">
      {format.rate(fundingRate)}
      {nextFundingTime !== null && (
        <span className="text-faint"> in {format.duration(nextFundingTime - now)}</span>
      )}
    </span>
  )
}
