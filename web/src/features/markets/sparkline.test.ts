import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import { points } from '@/features/markets/sparkline'

it.each([
  [['100', '200'], '0.0,23.0 80.0,1.0'],
  [['3', '2', '2.5'], '0.0,1.0 40.0,23.0 80.0,12.0'],
  [['7', '7', '7'], '0.0,12.0 40.0,12.0 80.0,12.0'],
])('draws %j', (prices, expected) => {
  expect(points(prices.map(exact))).toBe(expected)
})
