/** What a resting order waits for, and how far it is. Pure. */

import { mulDiv, SCALE } from '@/decimal'
import type { Quote } from '@/rules'
import type { RestingOrder } from '@/trading/account'

/** The price that has to come to an order. */
export type Wait = {
  price: bigint
  /** The direction in which the market has to go. */
  goes: 'UP' | 'DOWN'
  /** Whether a trigger is waited for, which goes by the mark price in some markets. */
  isTrigger: boolean
}

const TAKES_PROFIT = new Set(['TAKE_PROFIT', 'TAKE_PROFIT_MARKET'])

/** Returns what an order waits for; null of a trailing stop whose price is not known. */
export function waitOf(order: RestingOrder): Wait | null {
  const { kind, side, price, triggerPrice, stopPrice, callbackBps, isActivated } = order
  const isBuy = side === 'BUY'
  if (callbackBps !== null) {
    if (stopPrice !== null)
      return { price: stopPrice, goes: isBuy ? 'UP' : 'DOWN', isTrigger: true }
    // It is activated by a price that is better for its owner than the one of now.
    const isWaiting = triggerPrice !== null && !isActivated
    return isWaiting ? { price: triggerPrice, goes: isBuy ? 'DOWN' : 'UP', isTrigger: true } : null
  }
  if (triggerPrice !== null && !isActivated) {
    const goesUp = TAKES_PROFIT.has(kind) ? !isBuy : isBuy
    return { price: triggerPrice, goes: goesUp ? 'UP' : 'DOWN', isTrigger: true }
  }
  return price === null ? null : { price, goes: isBuy ? 'DOWN' : 'UP', isTrigger: false }
}

/** The price of a quote that reaches an order: what it would trade at. */
export function reaching({ side }: RestingOrder, quote: Quote): bigint {
  return side === 'BUY' ? quote.ask : quote.bid
}

/** The way that the market has to go, a ratio of its price: zero where it is there. */
export function distance({ price, goes }: Wait, now: bigint): bigint {
  const way = goes === 'UP' ? price - now : now - price
  if (way <= 0n || now <= 0n) return 0n
  return mulDiv(way, SCALE, now, 'floor')
}
