/**
 * Merges stored and live candles into one series without gaps or jumps. Pure; the rules for candles
 * whose beginning the server did not see are in the README.
 */

import type { Candle } from '@/live/frames'

/** Merges fetched candles into the known ones; a candle in both is combined. */
export function withStored(known: readonly Candle[], stored: readonly Candle[]): Candle[] {
  const byTime = new Map(known.map((candle) => [candle.time, candle]))
  for (const candle of stored) {
    const live = byTime.get(candle.time)
    byTime.set(candle.time, live ? larger(candle, live) : candle)
  }
  return [...byTime.values()].toSorted((a, b) => a.time - b.time)
}

export type Applied = {
  candles: Candle[]
  /** True if candles before this one may be missing and must be fetched. */
  isGap: boolean
  /** True if it was ignored as older than the last candle: a straggler, or a feed restart. */
  isLate: boolean
}

/** Applies a live update of the current candle, or the start of a new one. */
export function withLive(known: readonly Candle[], live: Candle, isPartial: boolean): Applied {
  const last = known.at(-1)
  if (last && live.time < last.time) return { candles: [...known], isGap: false, isLate: true }
  if (last && live.time === last.time) {
    const merged = isPartial ? { ...larger(last, live), close: live.close } : live
    return { candles: [...known.slice(0, -1), merged], isGap: false, isLate: false }
  }
  // A complete candle after a pause means a quiet market; a partial one means a gap.
  return { candles: [...known, live], isGap: isPartial, isLate: false }
}

/** Restarts the series at a candle: later ones belong to the previous run of the feed. */
export function rewound(known: readonly Candle[], live: Candle): Candle[] {
  return [...known.filter(({ time }) => time < live.time), live]
}

/** Combines two views of the same candle, one of which may have missed trades. */
function larger(stored: Candle, live: Candle): Candle {
  return {
    time: stored.time,
    open: stored.open,
    high: stored.high > live.high ? stored.high : live.high,
    low: stored.low < live.low ? stored.low : live.low,
    close: live.volume >= stored.volume ? live.close : stored.close,
    volume: stored.volume > live.volume ? stored.volume : live.volume,
  }
}
