import { afterEach, expect, it } from 'vitest'
import { loadDraft } from '@/features/ticket/drafts'
import { marks } from '@/features/ticket/leverage-field'
import { setMarkets } from '@/markets'
import { market } from '@/testkit'

afterEach(() => localStorage.clear())

it.each([
  [100, [1, 10, 25, 50, 75, 100]],
  [20, [1, 2, 5, 10, 15, 20]],
  [33, [1, 3, 8, 15, 25, 33]],
  [3, [1, 2, 3]],
  [2, [1, 2]],
  [1, [1]],
])('a market of at most %sx has buttons for %j', (max, expected) => {
  expect(marks(max)).toEqual(expected)
})

it.each([
  [100, '10'],
  [5, '5'],
])('a new form of a market of at most %sx starts at %sx', (maxLeverage, expected) => {
  setMarkets([market('BTCUSDT', { maxLeverage })])
  expect(loadDraft('BTCUSDT').leverageText).toBe(expected)
})
