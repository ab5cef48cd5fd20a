import { expect, it } from 'vitest'
import type { PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import { openPosition, placedOrder } from '@/testkit'
import { readResting } from '@/trading/account'
import { isOf, levelOrder, levelsOf, shareCovered } from '@/trading/levels'

const LONG = openPosition('BTCUSDT', { stopLoss: exact('95000') })

const level = (part: Partial<PlacedOrder>) =>
  readResting(
    placedOrder({
      side: 'SELL',
      type: 'TAKE_PROFIT_MARKET',
      priceInt: null,
      reduceOnly: true,
      positionId: 'a',
      qtyInt: String(exact('0.0025')),
      triggerPriceInt: String(exact('110000')),
      ...part,
    }),
  )

it('lists attached exits and orders, the nearest first', () => {
  const far = level({ triggerPriceInt: String(exact('120000')) })
  const stop = level({ type: 'STOP_MARKET', triggerPriceInt: String(exact('97000')), qtyInt: '0' })
  const levels = levelsOf(LONG, [far, level({}), stop])
  const shown = levels.map(({ exit, price, qty }) => [exit, price, qty])
  expect(shown).toEqual([
    ['takeProfit', exact('110000'), exact('0.0025')],
    ['takeProfit', exact('120000'), exact('0.0025')],
    // An order of the whole position has no quantity of its own.
    ['stopLoss', exact('97000'), exact('0.01')],
    ['stopLoss', exact('95000'), exact('0.01')],
  ])
  expect(shareCovered(LONG, levels, 'takeProfit')).toBe(exact('0.5'))
  expect(shareCovered(LONG, levels, 'stopLoss')).toBe(exact('2'))
})

it('of a short the order of the prices is the other one', () => {
  const short = openPosition('BTCUSDT', { orderType: 'SHORT', takeProfit: exact('80000') })
  const near = level({ side: 'BUY', triggerPriceInt: String(exact('90000')) })
  expect(levelsOf(short, [near]).map(({ price }) => price)).toEqual([
    exact('90000'),
    exact('80000'),
  ])
})

it('only orders that reduce this very position are its levels', () => {
  const rows: [boolean, Partial<PlacedOrder>][] = [
    [true, {}],
    // Netted positions have no id in their orders.
    [true, { positionId: null }],
    [true, { positionId: null, positionSide: 'LONG' }],
    [false, { positionId: 'b' }],
    [false, { positionId: null, positionSide: 'SHORT' }],
    [false, { side: 'BUY' }],
    [false, { asset: 'ETHUSDT' }],
    [false, { reduceOnly: false }],
  ]
  for (const [expected, part] of rows)
    expect([isOf(LONG, level(part)), part]).toEqual([expected, part])
  // A trigger that was reached waits for its limit price.
  expect(levelsOf(openPosition('BTCUSDT'), [level({ activatedAt: 1 })])).toEqual([])
})

it('a level is an order that only reduces', () => {
  const order = levelOrder(LONG, 'stopLoss', exact('96000'), exact('0.005'), 'separate')
  expect(order).toEqual({
    asset: 'BTCUSDT',
    side: 'SELL',
    type: 'STOP_MARKET',
    qty: '0.005',
    triggerPrice: '96000',
    reduceOnly: true,
    positionId: 'a',
  })
  expect(levelOrder(LONG, 'takeProfit', 1n, 1n, 'hedge')).toMatchObject({
    type: 'TAKE_PROFIT_MARKET',
    positionSide: 'LONG',
  })
})
