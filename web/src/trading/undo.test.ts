import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { market, placedOrder, type Sent, stubFetch } from '@/testkit'
import { readResting } from '@/trading/account'
import { tellAmended } from '@/trading/undo'
import { sameTerms, wouldFill } from '@/trading/undo-acts'
import { messages } from '@/ui/toast'

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

describe('a changed order', () => {
  const before = readResting(placedOrder())
  const change = { price: '94000', qty: '0.02' }
  const account = { sequence: 2, balanceInt: '90500000000', usedMarginInt: '0' }
  let sent: Sent[] = []

  beforeEach(() => {
    sent = stubFetch()
    setMarkets([market('BTCUSDT')])
    setQuote('BTCUSDT', { bid: exact('96000'), ask: exact('96100'), timestamp: 1 })
  })
  afterEach(() => {
    messages.set([])
    vi.unstubAllGlobals()
  })

  const tell = (part: Partial<PlacedOrder> = {}) =>
    tellAmended(before, change, placedOrder(part), 'Order changed')
  const last = () => messages.get().at(-1)
  const undo = () => last()?.act?.run()
  const sending = () => vi.waitFor(() => expect(sent).toHaveLength(1))

  it('is given back the terms that were changed, and no others', async () => {
    tell()
    expect(last()).toMatchObject({ title: 'Order changed', act: { label: 'Undo' } })
    undo()
    await sending()
    expect(sent[0]).toMatchObject({
      url: '/api/v1/orders/a',
      body: { price: '95000', qty: '0.01' },
    })
    sent[0]?.answer(Response.json({ success: true, order: placedOrder(), account }))
    await vi.waitFor(() => expect(last()?.title).toBe('The order is as before'))
  })

  it('stays if it is filled meanwhile, and the refusal is shown', async () => {
    tell()
    undo()
    await sending()
    const refusal = { error: 'The order is filled already.', code: 'ORDER_ALREADY_DONE' }
    sent[0]?.answer(Response.json(refusal, { status: 409 }))
    await vi.waitFor(() =>
      expect(last()).toMatchObject({
        kind: 'error',
        title: 'The order was not changed back',
        detail: 'The order is filled already.',
      }),
    )
  })

  it('stays if it would be filled at its earlier price', async () => {
    tell()
    setQuote('BTCUSDT', { bid: exact('94400'), ask: exact('94500'), timestamp: 2 })
    undo()
    await vi.waitFor(() =>
      expect(last()).toMatchObject({
        kind: 'warning',
        title: 'The order was not changed back',
        detail: 'The market has reached its price, 95,000.00: it would be filled at once.',
      }),
    )
    expect(sent).toHaveLength(0)
  })

  it('can’t be changed back once its new price has filled it', () => {
    tell({ status: 'FILLED' })
    expect(last()).toMatchObject({ title: 'Order changed', act: null })
  })
})
