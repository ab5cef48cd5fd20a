import { afterEach, expect, it } from 'vitest'
import { exact } from '@/decimal'
import {
  forgetMarks,
  liquidatingQuote,
  markOf,
  setMark,
  triggeringQuote,
  valuingQuote,
} from '@/live/marks'
import { forgetQuotes, setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { market } from '@/testkit'

const QUOTE = { bid: exact('99'), ask: exact('101') }
const MARK = { bid: exact('100'), ask: exact('100') }

const mark = (price: string, timestamp: number) => ({
  price: exact(price),
  fundingRate: null,
  nextFundingTime: null,
  timestamp,
})

afterEach(() => {
  forgetMarks()
  forgetQuotes()
})

it.each([
  ['MARGIN_LOSS', 'QUOTE', [QUOTE, QUOTE, QUOTE]],
  ['MARGIN_LOSS', 'MARK', [MARK, QUOTE, MARK]],
  ['MAINTENANCE', 'QUOTE', [MARK, MARK, QUOTE]],
  ['MAINTENANCE', 'MARK', [MARK, MARK, MARK]],
] as const)(
  'values, liquidates and triggers by %s and %s',
  (liquidationModel, triggerPrice, by) => {
    setMarkets([market('BTCUSDT', { liquidationModel, triggerPrice })])
    const prices = () =>
      [valuingQuote, liquidatingQuote, triggeringQuote].map((of) => of('BTCUSDT'))
    expect(prices()).toEqual([null, null, null])
    setQuote('BTCUSDT', { ...QUOTE, timestamp: 1 })
    // The quote serves until there is a mark price.
    for (const quote of prices()) expect(quote).toMatchObject(QUOTE)
    setMark('BTCUSDT', mark('100', 1))
    for (const [index, quote] of prices().entries()) expect(quote).toMatchObject(by[index] ?? {})
  },
)

it('ignores a late mark price, but not a feed that starts over', () => {
  setMark('BTCUSDT', mark('2', 100_000))
  setMark('BTCUSDT', mark('1', 99_000))
  expect(markOf('BTCUSDT')?.price).toBe(exact('2'))
  setMark('BTCUSDT', mark('3', 30_000))
  expect(markOf('BTCUSDT')?.price).toBe(exact('3'))
})
