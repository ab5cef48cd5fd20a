/**
 * Stored candles and those that the socket tells of, as one row without gaps or jumps. Pure; the
 * rules for candles whose beginning the server did not see are the README's.
 */

import type { Candle } from '@/live/frames'

/** Puts fetched candles into what is known; where both know one, the later word counts. */
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
  /** Candles may be missing before this one: fetch them. */
  isGap: boolean
  /** It is older than the last candle, and was not taken: a straggler, or the feed begins anew. */
  isLate: boolean
}

/** The candle in the making changed, or a new one began. */
export function withLive(known: readonly Candle[], live: Candle, isPartial: boolean): Applied {
  const last = known.at(-1)
  if (last && live.time < last.time) return { candles: [...known], isGap: false, isLate: true }
  if (last && live.time === last.time) {
    const merged = isPartial ? { ...larger(last, live), close: live.close } : live
    return { candles: [...known.slice(0, -1), merged], isGap: false, isLate: false }
  }
  // A whole one after a pause is a quiet market; one without its beginning is a hole.
  return { candles: [...known, live], isGap: isPartial, isLate: false }
}

/** The feed begins anew at this candle: what was after it belongs to its run before. */
export function rewound(known: readonly Candle[], live: Candle): Candle[] {
  return [...known.filter(({ time }) => time < live.time), live]
}

/** Both saw the same candle, one perhaps less of it: high, low and volume only grow. */
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
