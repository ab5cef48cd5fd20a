import { expect, it } from 'vitest'
import { SCALE } from '@/decimal'
import { movingAverage, vwap } from '@/features/chart/indicators'
import type { Candle } from '@/live/frames'

const candle = (time: number, price: number, volume = 1): Candle => {
  const at = BigInt(price) * SCALE
  return { time, open: at, high: at, low: at, close: at, volume: BigInt(volume) * SCALE }
}

it('averages the last closes, from the first candle with enough predecessors', () => {
  const candles = [1, 2, 3, 4].map((price, i) => candle(i * 60, price))
  expect(movingAverage(candles, 3)).toEqual([
    { time: 120, value: 2 },
    { time: 180, value: 3 },
  ])
  expect(movingAverage(candles.slice(0, 2), 3)).toEqual([])
})

it('weighs prices by volume and restarts with each day', () => {
  const day = 86_400
  const candles = [candle(0, 10, 1), candle(60, 20, 3), candle(day, 50, 1), candle(day + 60, 50, 0)]
  expect(vwap(candles).map(({ value }) => value)).toEqual([10, 17.5, 50, 50])
})
