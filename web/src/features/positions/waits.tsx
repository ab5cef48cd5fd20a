/** What a resting order waits for, and how far away it is, live. */

import { select, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import * as format from '@/format'
import { triggeringQuote } from '@/live/marks'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import type { Quote } from '@/rules'
import type { RestingOrder } from '@/trading/account'
import { distance as distanceOf, reaching, type Wait, waitOf } from '@/trading/waiting'

/** Returns the prices that reach an order: those of triggers, where it waits for one. */
export function waitingQuote({ asset }: RestingOrder, wait: Wait): Quote | null {
  return wait.isTrigger ? triggeringQuote(asset) : quoteOf(asset)
}

export function Waits({ order }: { order: RestingOrder }) {
  const { asset, callbackBps } = order
  const wait = waitOf(order)
  const callback = callbackBps === null ? null : format.bps(callbackBps)
  if (!wait)
    return <span>{callback === null ? t`The next price` : t`${callback} behind the peak`}</span>
  const away = (
    <LiveText
      assets={[asset]}
      testId="order-distance"
      content={() => {
        const quote = waitingQuote(order, wait)
        if (!quote) return null
        const distance = format.percent(distanceOf(wait, reaching(order, quote)))
        return { text: t`${distance} away` }
      }}
    />
  )
  return (
    <span className="flex flex-col leading-4">
      <span>{words(order, wait)}</span>
      <span className="text-2xs text-faint">
        {callback === null ? (
          away
        ) : (
          <Trans>
            {callback} behind the peak, {away}
          </Trans>
        )}
      </span>
    </span>
  )
}

/** Names the price that has to come: `Bid falls to 91,000.00`. */
function words({ asset, side }: RestingOrder, { price, goes, isTrigger }: Wait): string {
  const isMark = isTrigger && assetInfo(asset).triggerPrice === 'MARK'
  const which = isMark ? 'MARK' : side === 'BUY' ? 'ASK' : 'BID'
  const at = format.price(asset, price)
  return t`${select(which, { MARK: 'Mark', ASK: 'Ask', other: 'Bid' })} ${select(goes, { UP: 'rises', other: 'falls' })} to ${at}`
}
