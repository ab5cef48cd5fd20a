import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import { placedOrder } from '@/testkit'
import { readResting } from '@/trading/account'
import { distance, reaching, waitOf } from '@/trading/waiting'
import type { PlacedOrder } from '@/api/schema'

const order = (part: Partial<PlacedOrder>) => readResting(placedOrder({ priceInt: null, ...part }))
const AT = String(exact('100'))

const ROWS: [string, Partial<PlacedOrder>, object | null][] = [
  ['a limit to buy', { priceInt: AT }, { goes: 'DOWN', isTrigger: false }],
  ['a limit to sell', { priceInt: AT, side: 'SELL' }, { goes: 'UP', isTrigger: false }],
  ['a stop to buy', { type: 'STOP_MARKET', triggerPriceInt: AT }, { goes: 'UP', isTrigger: true }],
  [
    'a stop to sell',
    { type: 'STOP_MARKET', triggerPriceInt: AT, side: 'SELL' },
    { goes: 'DOWN', isTrigger: true },
  ],
  [
    'a take-profit to sell',
    { type: 'TAKE_PROFIT_MARKET', triggerPriceInt: AT, side: 'SELL' },
    { goes: 'UP', isTrigger: true },
  ],
  [
    'a take-profit to buy',
    { type: 'TAKE_PROFIT', triggerPriceInt: AT, priceInt: '1' },
    { goes: 'DOWN', isTrigger: true },
  ],
  [
    'a stop limit that was triggered',
    { type: 'STOP', triggerPriceInt: '1', priceInt: AT, activatedAt: 5 },
    { goes: 'DOWN', isTrigger: false },
  ],
  [
    'a trailing stop',
    { type: 'TRAILING_STOP_MARKET', callbackBps: 10, stopPriceInt: AT, side: 'SELL' },
    { goes: 'DOWN', isTrigger: true },
  ],
  [
    'a trailing stop before its activation',
    { type: 'TRAILING_STOP_MARKET', callbackBps: 10, triggerPriceInt: AT, side: 'SELL' },
    { goes: 'UP', isTrigger: true },
  ],
  ['a trailing stop of now', { type: 'TRAILING_STOP_MARKET', callbackBps: 10 }, null],
]

it.each(ROWS)('%s waits for the right price', (_, part, expected) => {
  expect(waitOf(order(part))).toEqual(expected && { price: exact('100'), ...expected })
})

it('the way is a share of the price that comes', () => {
  const quote = { bid: exact('99'), ask: exact('101') }
  expect(reaching(order({ side: 'BUY' }), quote)).toBe(quote.ask)
  expect(reaching(order({ side: 'SELL' }), quote)).toBe(quote.bid)
  const wait = { price: exact('110'), goes: 'UP', isTrigger: true } as const
  expect(distance(wait, exact('100'))).toBe(exact('0.1'))
  expect(distance({ ...wait, goes: 'DOWN' }, exact('200'))).toBe(exact('0.45'))
  expect(distance(wait, exact('120'))).toBe(0n)
})
