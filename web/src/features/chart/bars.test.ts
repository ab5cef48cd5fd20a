import { expect, it } from 'vitest'
import { type Bar, heikinAshi, indexAt } from '@/features/chart/bars'

const bar = (open: number, high: number, low: number, close: number): Bar => ({
  time: 0,
  open,
  high,
  low,
  close,
  volume: 1,
})

/** The formulas of StockCharts, ChartSchool, "Heikin-Ashi", worked by hand. */
it.each([
  // The first: open = (10 + 14) / 2, close = (10 + 16 + 8 + 14) / 4.
  [bar(10, 16, 8, 14), undefined, bar(12, 16, 8, 12)],
  // Open = (12 + 12) / 2, close = (14 + 20 + 13 + 17) / 4; the low is the open.
  [bar(14, 20, 13, 17), bar(12, 16, 8, 12), bar(12, 20, 12, 16)],
  // Open = (12 + 16) / 2; above the high, which it therefore is.
  [bar(10, 12, 6, 8), bar(12, 20, 12, 16), bar(14, 14, 6, 9)],
])('averages %o after %o', (market, before, expected) => {
  expect(heikinAshi(market, before)).toEqual(expected)
})

it.each([
  [5, -1],
  [10, 0],
  [19, 0],
  [20, 1],
  [99, 2],
])('finds the bar of time %i', (time, index) => {
  const times = [10, 20, 30].map((each) => ({ time: each }))
  expect(indexAt(times, time)).toBe(index)
})
