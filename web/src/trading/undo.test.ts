import { expect, it } from 'vitest'
import type { PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import { placedOrder } from '@/testkit'
import { sameTerms, wouldFill } from '@/trading/undo'

const NONE = {
  callbackBps: null,
  activatedAt: null,
  leverage: 10,
  stopLoss: null,
  takeProfit: null,
  trailingStopBps: null,
  priceLimit: null,
  maxSlippageBps: null,
  expiresAt: null,
  positionSide: null,
  positionId: null,
  clientOrderId: null,
  triggerPrice: null,
  price: '95000',
  qty: '0.01',
}
const order = (part: Partial<PlacedOrder>) => placedOrder({ ...NONE, ...part })

it('an order is placed again with the terms that it had', () => {
  const placed = order({ stopLoss: '90000', clientOrderId: 'grid-1', timeInForce: 'GTX' })
  expect(sameTerms(placed)).toEqual({
    asset: 'BTCUSDT',
    side: 'BUY',
    type: 'LIMIT',
    timeInForce: 'GTX',
    qty: '0.01',
    price: '95000',
    leverage: 10,
    stopLoss: '90000',
    clientOrderId: 'grid-1',
  })
  const reducing = order({
    type: 'STOP_MARKET',
    price: null,
    triggerPrice: '90000',
    reduceOnly: true,
    positionId: 'p',
  })
  expect(sameTerms(reducing)).toEqual({
    asset: 'BTCUSDT',
    side: 'BUY',
    type: 'STOP_MARKET',
    timeInForce: 'GTC',
    qty: '0.01',
    triggerPrice: '90000',
    reduceOnly: true,
    positionId: 'p',
  })
})

it('an order of the whole position has no quantity, and an active trailing stop no activation', () => {
  const whole = order({ qtyInt: '0', closePosition: true, reduceOnly: true })
  expect(sameTerms(whole)).toMatchObject({ closePosition: true })
  expect(sameTerms(whole)).not.toHaveProperty('qty')
  expect(sameTerms(whole)).not.toHaveProperty('reduceOnly')
  const trailing = { callbackBps: 50, triggerPrice: '96000', price: null }
  expect(sameTerms(order({ ...trailing, activatedAt: 5 }))).not.toHaveProperty('triggerPrice')
  expect(sameTerms(order(trailing))).toMatchObject({ triggerPrice: '96000', callbackBps: 50 })
})

it('a limit order that the market has passed is not placed again', () => {
  const at = (bid: string, ask: string) => ({ bid: exact(bid), ask: exact(ask) })
  expect(wouldFill(order({}), at('95000', '95001'))).toBe(false)
  expect(wouldFill(order({}), at('94999', '95000'))).toBe(true)
  expect(wouldFill(order({ side: 'SELL' }), at('94999', '95000'))).toBe(false)
  expect(wouldFill(order({ side: 'SELL' }), at('95000', '95001'))).toBe(true)
  expect(wouldFill(order({ type: 'STOP_MARKET' }), at('1', '1'))).toBe(false)
})
