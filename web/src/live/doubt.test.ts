import { expect, it, vi } from 'vitest'
import { connection } from '@/live/connection'
import { doubtOf } from '@/live/doubt'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { market } from '@/testkit'

it.each([
  [null, 4_000, null],
  [null, 6_000, 'This price may be out of date.'],
  [60_000, 6_000, null],
  [60_000, 61_000, 'This price may be out of date.'],
])('market limit %j, price of %s ms: %j', (stalePriceMs, age, expected) => {
  setMarkets([market('BTCUSDT', { stalePriceMs })])
  connection.set((known) => ({ ...known, socket: 'open', feed: 'sim' }))
  setQuote('BTCUSDT', { bid: 1n, ask: 2n, timestamp: 3 })
  const later = performance.now() + age
  vi.spyOn(performance, 'now').mockReturnValue(later)
  expect(doubtOf('BTCUSDT')).toBe(expected)
})
