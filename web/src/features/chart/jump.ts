/** How far the candles of a timeframe reach. Pure. */

import { type Timeframe, TIMEFRAME_S, TIMEFRAMES } from '@/live/frames'

/**
 * Returns the smallest timeframe, not below the current one, whose candles of so many seconds are
 * not more than `limit`; the largest there is if all are.
 */
export function reachingTimeframe(current: Timeframe, seconds: number, limit: number): Timeframe {
  const larger = TIMEFRAMES.slice(TIMEFRAMES.indexOf(current))
  return larger.find((each) => seconds / TIMEFRAME_S[each] <= limit) ?? '1d'
}
