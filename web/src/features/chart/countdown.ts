/** The time until the end of the current candle. */

import { TIMEFRAME_S, type Timeframe } from '@/live/frames'

const pad = (value: number) => String(value).padStart(2, '0')

/**
 * Formats the time until a candle's end: `00:34`, `03:12:09`; empty if the candle is
 * not the current one. `start` is its beginning, Unix s; `nowMs` is the market's time, Unix ms.
 */
export function countdownText(timeframe: Timeframe, start: number, nowMs: number): string {
  const left = Math.ceil(start + TIMEFRAME_S[timeframe] - nowMs / 1_000)
  if (left <= 0 || left > TIMEFRAME_S[timeframe]) return ''
  const [hours, minutes, seconds] = [
    Math.floor(left / 3_600),
    Math.floor(left / 60) % 60,
    left % 60,
  ]
  return hours > 0
    ? `${pad(hours)}:${pad(minutes)}:${pad(seconds)}`
    : `${pad(minutes)}:${pad(seconds)}`
}
