/** Indicator lines. They are only displayed, so pixel precision is enough. */

import { toPixel } from '@/decimal'
import type { Indicator } from '@/features/chart/chart-settings'
import type { Candle } from '@/live/frames'

export type Point = { time: number; value: number }

const PERIODS: Record<Exclude<Indicator, 'vwap'>, number> = { ma7: 7, ma25: 25, ma99: 99 }

export const INDICATOR_NAMES: Record<Indicator, string> = {
  ma7: 'MA 7',
  ma25: 'MA 25',
  ma99: 'MA 99',
  vwap: 'VWAP (day)',
}

const DAY_S = 86_400

export function indicatorPoints(indicator: Indicator, candles: readonly Candle[]): Point[] {
  return indicator === 'vwap' ? vwap(candles) : movingAverage(candles, PERIODS[indicator])
}

/** Returns the moving average of closes, from the first candle with enough predecessors. */
export function movingAverage(candles: readonly Candle[], period: number): Point[] {
  const points: Point[] = []
  let sum = 0n
  for (const [index, candle] of candles.entries()) {
    sum += candle.close
    const left = candles[index - period]
    if (left) sum -= left.close
    if (index >= period - 1) {
      points.push({ time: candle.time, value: toPixel(sum / BigInt(period)) })
    }
  }
  return points
}

/** Returns the volume-weighted average price of each UTC day so far. */
export function vwap(candles: readonly Candle[]): Point[] {
  let [day, paid, volume] = [-1, 0n, 0n]
  return candles.map((candle) => {
    const candleDay = Math.floor(candle.time / DAY_S)
    if (candleDay !== day) [day, paid, volume] = [candleDay, 0n, 0n]
    const typical = (candle.high + candle.low + candle.close) / 3n
    paid += typical * candle.volume
    volume += candle.volume
    return { time: candle.time, value: toPixel(volume === 0n ? typical : paid / volume) }
  })
}
