import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import type { DayStats } from '@/features/markets/day-stats'
import { type MarketSort, matches, ordered, pressed } from '@/features/markets/market-order'
import { assetInfo, setMarkets } from '@/markets'
import { market } from '@/testkit'

const day = (open: string, last: string, part: Partial<DayStats> = {}): DayStats => ({
  open: exact(open),
  last: exact(last),
  high: 0n,
  low: 0n,
  volume: 0n,
  quoteVolume: 0n,
  openInterest: null,
  fundingRate: null,
  nextFundingTime: null,
  sparkline: [],
  ...part,
})

const DAYS: Record<string, DayStats | null> = {
  BTCUSDT: day('100', '110', { quoteVolume: 5n, openInterest: 0n, fundingRate: -1n }),
  ADAUSDT: null,
  ETHUSDT: day('10', '12', { quoteVolume: 9n }),
  SOLUSDT: day('20', '15', { quoteVolume: 7n, openInterest: 3n, fundingRate: 2n }),
}

function order(by: MarketSort['by'], descending: boolean): string[] {
  setMarkets(Object.keys(DAYS).map((symbol) => market(symbol)))
  const rows = Object.entries(DAYS).map(([asset, stats]) => ({ info: assetInfo(asset), stats }))
  return ordered(rows, { by, descending }).map(({ info }) => info.base)
}

it.each<[MarketSort['by'], boolean, string[]]>([
  ['name', false, ['ADA', 'BTC', 'ETH', 'SOL']],
  ['name', true, ['SOL', 'ETH', 'BTC', 'ADA']],
  ['price', true, ['BTC', 'SOL', 'ETH', 'ADA']],
  ['price', false, ['ETH', 'SOL', 'BTC', 'ADA']],
  ['change', true, ['BTC', 'ETH', 'SOL', 'ADA']],
  ['ratio', true, ['ETH', 'BTC', 'SOL', 'ADA']],
  ['volume', true, ['ETH', 'SOL', 'BTC', 'ADA']],
  // Without the figure last in both directions, in the server's order.
  ['funding', true, ['SOL', 'BTC', 'ADA', 'ETH']],
  ['funding', false, ['BTC', 'SOL', 'ADA', 'ETH']],
  ['interest', false, ['BTC', 'SOL', 'ADA', 'ETH']],
])('orders by %s, descending: %s', (by, descending, expected) => {
  expect(order(by, descending)).toEqual(expected)
})

it.each<[MarketSort, MarketSort['by'], MarketSort]>([
  [{ by: 'volume', descending: true }, 'volume', { by: 'volume', descending: false }],
  [{ by: 'volume', descending: false }, 'price', { by: 'price', descending: true }],
  [{ by: 'volume', descending: true }, 'name', { by: 'name', descending: false }],
])('after %j, a press of %s orders by %j', (sort, by, expected) => {
  expect(pressed(sort, by)).toEqual(expected)
})

it.each([
  ['btc', true],
  ['  BTCUSDT ', true],
  ['btc/usd', true],
  ['btc usdt', true],
  ['the btc', true],
  ['', true],
  ['eth', false],
])('finds Bitcoin by %j: %s', (text, expected) => {
  setMarkets([market('BTCUSDT')])
  expect(matches(assetInfo('BTCUSDT'), text)).toBe(expected)
})
