import { describe, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { EMPTY } from '@/features/ticket/draft'
import type { Draft } from '@/features/ticket/evaluate'
import { readTerms } from '@/features/ticket/order-terms'
import { assetInfo, setMarkets } from '@/markets'
import { market } from '@/testkit'

setMarkets([market('BTCUSDT', { priceTickInt: '10000000' })])
const QUOTE = { bid: exact('99900'), ask: exact('100000') }
const NOW = Date.UTC(2026, 10, 30, 12)
const clock = { now: NOW, zone: 'utc' } as const
const read = (part: Partial<Draft>) =>
  readTerms({ ...EMPTY, ...part }, assetInfo('BTCUSDT'), QUOTE, QUOTE, clock)

describe('the time in force', () => {
  const limit = { kind: 'LIMIT', priceText: '95000' } as const

  it.each(['GTC', 'GTX', 'IOC', 'FOK'] as const)('of a limit order is %s', (timeInForce) => {
    const request = { type: 'LIMIT', price: '95000', timeInForce }
    expect(read({ ...limit, timeInForce }).request).toEqual(request)
  })

  it.each(['IOC', 'FOK'] as const)('%s ends a limit order that is not reached', (timeInForce) => {
    const { words } = read({ ...limit, timeInForce })
    expect(words).toBe('Expires at once: the price does not reach the ask, 100,000.00')
    expect(read({ ...limit, timeInForce, priceText: '100000' }).words).toMatch(/^Fills at once/)
  })

  it.each<[Partial<Draft>, object]>([
    [limit, { type: 'LIMIT', price: '95000' }],
    [
      { kind: 'STOP', triggerText: '101000', priceText: '101500' },
      { type: 'STOP', triggerPrice: '101000', price: '101500' },
    ],
    [
      { kind: 'STOP_MARKET', triggerText: '101000' },
      { type: 'STOP_MARKET', triggerPrice: '101000' },
    ],
    [{ kind: 'TRAILING_STOP_MARKET' }, { type: 'TRAILING_STOP_MARKET', callbackBps: 100 }],
  ])('ends %o at a date and time', (part, request) => {
    const timed = { ...part, timeInForce: 'GTD', expiresText: '2026-12-01T18:30' } as const
    const expiresAt = Date.UTC(2026, 11, 1, 18, 30)
    expect(read(timed).request).toEqual({ ...request, timeInForce: 'GTD', expiresAt })
    const past = read({ ...timed, expiresText: '2026-11-30T11:59' })
    expect([past.problems, past.request]).toEqual([{ expiresAt: 'Is in the past' }, null])
    const empty = read({ ...timed, expiresText: '' })
    expect([empty.problems, empty.request]).toEqual([{}, null])
  })

  it('is not that of a kind which has none', () => {
    expect(read({ kind: 'MARKET', timeInForce: 'GTD' }).request).toEqual({ type: 'MARKET' })
    const stop = { kind: 'STOP_MARKET', triggerText: '101000', timeInForce: 'FOK' } as const
    expect(read(stop).request).toEqual({ type: 'STOP_MARKET', triggerPrice: '101000' })
  })
})

it.each<[Partial<Draft>, string]>([
  [{ kind: 'LIMIT', priceText: '95000.05' }, 'price'],
  [{ kind: 'STOP_MARKET', triggerText: '101000.05' }, 'triggerPrice'],
  [{ kind: 'STOP', triggerText: '101000', priceText: '101000.05' }, 'price'],
  [{ kind: 'TRAILING_STOP_MARKET', triggerText: '98000.05' }, 'triggerPrice'],
])('%o is not on the tick', (part, field) => {
  const { problems, request } = read(part)
  expect(Object.keys(problems)).toEqual([field])
  expect(Object.values(problems)[0]).toMatch(/^Prices are multiples of 0\.1: /)
  expect(request).toBeNull()
})

describe('a stop', () => {
  it.each([
    ['LONG', '101000', 'STOP_MARKET', 'Stop: triggers when the ask rises to 101,000.00'],
    [
      'LONG',
      '99000',
      'TAKE_PROFIT_MARKET',
      'Take-profit: triggers when the ask falls to 99,000.00',
    ],
    ['SHORT', '99000', 'STOP_MARKET', 'Stop: triggers when the bid falls to 99,000.00'],
    [
      'SHORT',
      '101000',
      'TAKE_PROFIT_MARKET',
      'Take-profit: triggers when the bid rises to 101,000.00',
    ],
  ] as const)('%s at %s is a %s', (orderType, triggerText, type, words) => {
    const terms = read({ kind: 'STOP_MARKET', orderType, triggerText })
    expect(terms.request).toEqual({ type, triggerPrice: triggerText })
    expect([terms.type, terms.words]).toEqual([type, words])
  })

  it('says what it is before its limit price is typed', () => {
    const terms = read({ kind: 'STOP', triggerText: '99000' })
    expect([terms.type, terms.request, terms.entry]).toEqual(['TAKE_PROFIT', null, null])
    expect(terms.words).toBe('Take-profit limit: triggers when the ask falls to 99,000.00')
    expect(read({ kind: 'STOP', priceText: '99000' })).toMatchObject({ type: 'STOP', words: null })
  })
})
