/**
 * The latest mark price of each asset that has one, outside React. A new one calls back the
 * listeners of the asset's price.
 */

import { useSyncExternalStore } from 'react'
import type { Mark } from '@/live/frames'
import { quoteOf, subscribeQuote, touch } from '@/live/prices'
import { type Asset, assetInfo, goesByMark } from '@/markets'
import type { Quote } from '@/rules'

/** The minimum age, relative to the last one, of a mark price that means a restart of the feed. */
const RESTART_MS = 60_000

const latest = new Map<Asset, Mark>()

export function setMark(asset: Asset, mark: Mark): void {
  const lateMs = (latest.get(asset)?.timestamp ?? 0) - mark.timestamp
  if (lateMs > 0 && lateMs < RESTART_MS) return
  const { price, fundingRate, nextFundingTime, timestamp } = mark
  latest.set(asset, { price, fundingRate, nextFundingTime, timestamp })
  touch(asset)
}

export function markOf(asset: Asset): Mark | null {
  return latest.get(asset) ?? null
}

export function useMark(asset: Asset): Mark | null {
  return useSyncExternalStore(
    (listener) => subscribeQuote(asset, listener),
    () => markOf(asset),
  )
}

export function forgetMarks(): void {
  latest.clear()
}

/** Returns the prices at which positions are valued. */
export function valuingQuote(asset: Asset): Quote | null {
  return goesByMark(assetInfo(asset)) ? markOrQuote(asset) : quoteOf(asset)
}

/** Returns the prices that liquidate positions. */
export function liquidatingQuote(asset: Asset): Quote | null {
  const isMark = assetInfo(asset).liquidationModel === 'MAINTENANCE'
  return isMark ? markOrQuote(asset) : quoteOf(asset)
}

/** Returns the prices that reach stop-losses and take-profits. */
export function triggeringQuote(asset: Asset): Quote | null {
  return assetInfo(asset).triggerPrice === 'MARK' ? markOrQuote(asset) : quoteOf(asset)
}

/** Before the first mark price, the engine goes by the quote, too. */
function markOrQuote(asset: Asset): Quote | null {
  const mark = markOf(asset)
  return mark ? { bid: mark.price, ask: mark.price } : quoteOf(asset)
}
