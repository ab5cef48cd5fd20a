import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpenOrder, PlacedOrder, PositionAnswer } from '@/api/schema'
import { exact } from '@/decimal'
import {
  forget,
  levelOrders,
  levelRequest,
  onOrder,
  placeAfter,
  sendAgain,
} from '@/features/ticket/level-orders'
import { setMarkets } from '@/markets'
import { market, placedOrder, type Sent, stubFetch } from '@/testkit'

let sent: Sent[] = []

beforeEach(() => {
  sent = stubFetch()
  setMarkets([market('BTCUSDT')])
  sessionStorage.clear()
})
afterEach(() => {
  forget(levelOrders.get())
  vi.unstubAllGlobals()
})

const level = { exit: 'takeProfit', index: 0, price: exact('101000'), qty: exact('0.005') } as const
const stop = { exit: 'stopLoss', index: 0, price: exact('99000'), qty: exact('0.005') } as const
const parent = { asset: 'BTCUSDT', side: 'LONG', mode: 'separate' } as const
const order = (part: Partial<PlacedOrder>) =>
  placedOrder({ orderId: 'o', positionId: null, ...part })
const filled = order({ status: 'FILLED' })
const position = { orderId: 'p', status: 'OPEN' } as OpenOrder
const answer = (order: PlacedOrder, position?: OpenOrder): PositionAnswer =>
  ({ order, position, account }) as PositionAnswer
const account = { sequence: 1, balanceInt: '0', usedMarginInt: '0' }
const placed = () =>
  Response.json({ success: true, order: placedOrder(), account }, { status: 201 })
const refused = (code: string, status: number) =>
  Response.json({ error: 'No.', code, fields: {} }, { status })
const nth = (index: number): Sent => sent[index] ?? expect.fail(`${sent.length} were sent`)
const waitForRequests = (count: number) => vi.waitFor(() => expect(sent).toHaveLength(count))

it.each([
  ['LONG', 'separate', { side: 'SELL' }],
  ['SHORT', 'one_way', { side: 'BUY' }],
  ['LONG', 'hedge', { side: 'SELL', positionSide: 'LONG' }],
  ['SHORT', 'hedge', { side: 'BUY', positionSide: 'SHORT' }],
] as const)('reduces a %s in mode %s', (side, mode, expected) => {
  expect(levelRequest(stop, { asset: 'BTCUSDT', side, mode })).toEqual({
    asset: 'BTCUSDT',
    ...expected,
    type: 'STOP_MARKET',
    triggerPrice: '99000',
    qty: '0.005',
    reduceOnly: true,
  })
})

it('places the levels of a filled order one after the other, for its position', async () => {
  placeAfter(answer(filled, position), [stop, level], parent)
  await waitForRequests(1)
  expect(nth(0)).toMatchObject({
    url: '/api/v1/orders',
    body: { type: 'STOP_MARKET', triggerPrice: '99000', positionId: 'p', reduceOnly: true },
  })
  nth(0).answer(placed())
  await waitForRequests(2)
  expect(nth(1).body).toMatchObject({ type: 'TAKE_PROFIT_MARKET', positionId: 'p' })
  expect(nth(1).key).not.toBe(nth(0).key)
  nth(1).answer(placed())
  await vi.waitFor(() => expect(levelOrders.get()).toEqual([]))
})

it('waits for an order that rests, also after a reload', async () => {
  placeAfter(answer(order({ status: 'NEW' })), [level], parent)
  onOrder(order({ orderId: 'other', status: 'FILLED' }))
  onOrder(order({ status: 'NEW' }))
  expect(sent).toHaveLength(0)
  expect(JSON.parse(sessionStorage.getItem('velox.levels') ?? '')).toMatchObject([
    { parentId: 'o' },
  ])
  onOrder(filled)
  // The event and the response of one fill both arrive.
  onOrder(filled)
  await waitForRequests(1)
  // The position has the id of the order that opened it.
  expect(nth(0).body).toMatchObject({ positionId: 'o' })
  nth(0).answer(placed())
  await vi.waitFor(() => expect(levelOrders.get()).toEqual([]))
  expect(sent).toHaveLength(1)
})

it('names no position where the market has one on each side', async () => {
  placeAfter(answer(order({ status: 'NEW' })), [level], { ...parent, mode: 'one_way' })
  onOrder(filled)
  await waitForRequests(1)
  expect(nth(0).body).not.toHaveProperty('positionId')
})

it.each(['CANCELED', 'EXPIRED'] as const)('forgets those of an order that is %s', (status) => {
  placeAfter(answer(order({ status: 'NEW' })), [level], parent)
  onOrder(order({ status }))
  expect(levelOrders.get()).toEqual([])
  expect(sent).toHaveLength(0)
})

it('keeps a refused one with its reason, and sends it again with another key', async () => {
  placeAfter(answer(filled), [level], parent)
  await waitForRequests(1)
  nth(0).answer(refused('WOULD_TRIGGER', 422))
  await vi.waitFor(() => expect(levelOrders.get()).toMatchObject([{ reason: 'No.' }]))
  sendAgain(levelOrders.get())
  await waitForRequests(2)
  expect(nth(1).key).not.toBe(nth(0).key)
  expect(nth(1).body).toEqual(nth(0).body)
})

it('repeats one whose outcome is unknown with its key', async () => {
  placeAfter(answer(filled), [level], parent)
  await waitForRequests(1)
  nth(0).fail()
  await vi.waitFor(() => expect(levelOrders.get()[0]?.reason).toMatch(/Can’t reach/))
  sendAgain(levelOrders.get())
  await waitForRequests(2)
  expect(nth(1).key).toBe(nth(0).key)
})
