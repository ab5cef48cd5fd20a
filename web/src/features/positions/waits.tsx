/** What a resting order waits for, and how far away it is, live. */

import * as format from '@/format'
import { triggeringQuote } from '@/live/marks'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import type { Quote } from '@/rules'
import type { RestingOrder } from '@/trading/account'
import { distance, reaching, type Wait, waitOf } from '@/trading/waiting'

/** Returns the prices that reach an order: those of triggers, where it waits for one. */
export function waitingQuote({ asset }: RestingOrder, wait: Wait): Quote | null {
  return wait.isTrigger ? triggeringQuote(asset) : quoteOf(asset)
}

export function Waits({ order }: { order: RestingOrder }) {
  const { asset, callbackBps } = order
  const wait = waitOf(order)
  const behind = callbackBps === null ? null : `${format.bps(callbackBps)} behind the peak`
  if (!wait) return <span>{behind ?? 'The next price'}</span>
  return (
    <span className="flex flex-col leading-4">
      <span>{words(order, wait)}</span>
      <span className="text-2xs text-faint">
        {behind && `${behind}, `}
        <LiveText
          assets={[asset]}
          testId="order-distance"
          content={() => {
            const quote = waitingQuote(order, wait)
            if (!quote) return null
            const way = distance(wait, reaching(order, quote))
            return { text: `${format.percent(way)} away` }
          }}
        />
      </span>
    </span>
  )
}

/** Names the price that has to come: `Bid falls to 91,000.00`. */
function words({ asset, side }: RestingOrder, { price, goes, isTrigger }: Wait): string {
  const isMark = isTrigger && assetInfo(asset).triggerPrice === 'MARK'
  const which = isMark ? 'Mark' : side === 'BUY' ? 'Ask' : 'Bid'
  return `${which} ${goes === 'UP' ? 'rises' : 'falls'} to ${format.price(asset, price)}`
}
