import { describe, expect, it } from 'vitest'
import type { ClosedOrder, OpenOrder, PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import type { Quote } from '@/rules'
import { placedOrder } from '@/testkit'
import {
  type Account,
  closingAt,
  costsOf,
  feesOf,
  fetched,
  hasHadCosts,
  netPnl,
  type Position,
  readClosed,
  unrealizedPnl,
  withBalance,
  withOrder,
  withPlaced,
} from '@/trading/account'

const order = (orderId: string, createdAt: number, more: Partial<OpenOrder> = {}) =>
  ({
    orderId,
    createdAt,
    asset: 'BTCUSDT',
    orderType: 'LONG',
    leverage: 10,
    status: 'OPEN',
    qtyInt: '100000000',
    marginInt: '1000000000',
    executionPriceInt: '10000000000',
    liquidationPriceInt: '9100000000',
    stopLossInt: null,
    takeProfitInt: null,
    ...more,
  }) as OpenOrder

const closed = (orderId: string) =>
  ({
    ...order(orderId, 1),
    status: 'CLOSED',
    closePriceInt: '1',
    finalPnLInt: '0',
  }) as unknown as ClosedOrder

const sheet = { balanceInt: '5', usedMarginInt: '7' } as Parameters<typeof fetched>[2]
const account = (...orders: OpenOrder[]): Account => fetched(orders, [], sheet, undefined)
const ids = ({ positions }: Account) => positions.map(({ orderId }) => orderId)

describe('orders', () => {
  it('are sorted newest first in any order of arrival', () => {
    const two = withOrder(account(order('a', 1)), { event: 'ORDER_OPENED', order: order('b', 2) })
    expect(ids(two)).toEqual(['b', 'a'])
    const three = withOrder(two, { event: 'ORDER_OPENED', order: order('old', 0) })
    expect(ids(three)).toEqual(['b', 'a', 'old'])
  })

  it('appear once, whether the response or the event comes first', () => {
    const opened = { event: 'ORDER_OPENED', order: order('b', 2) } as const
    const once = withOrder(account(order('a', 1)), opened)
    expect(withOrder(once, opened)).toEqual(once)
  })

  it('show their new stop-loss', () => {
    const modified = {
      event: 'ORDER_MODIFIED',
      order: order('a', 1, { stopLossInt: '9' }),
    } as const
    expect(withOrder(account(order('a', 1)), modified).positions[0]?.stopLoss).toBe(9n)
  })

  it('do not reappear after a close when the opening response is late', () => {
    const gone = withOrder(account(order('a', 1)), { event: 'ORDER_CLOSED', order: closed('a') })
    expect(ids(gone)).toEqual([])
    const late = withOrder(gone, { event: 'ORDER_OPENED', order: order('a', 1) })
    expect(ids(late)).toEqual([])
  })
})

it('never lets an older balance replace a newer one', () => {
  const state = (sequence: number, balanceInt: string) =>
    ({ sequence, balanceInt, usedMarginInt: '0' }) as Parameters<typeof withBalance>[1]
  const newer = withBalance(account(), state(4, '40'))
  expect(newer.free).toBe(40n)
  expect(withBalance(newer, state(3, '30'))).toBe(newer)
  expect(withBalance(newer, state(5, '50')).free).toBe(50n)
})

describe('resting orders', () => {
  const placed = (orderId: string, createdAt: number, status: PlacedOrder['status'] = 'NEW') =>
    placedOrder({ orderId, createdAt, status, priceInt: '5', reservedInt: '2' })
  const names = ({ orders }: Account) => orders.map(({ orderId }) => orderId)

  it('are listed newest first until they end, whatever arrives first', () => {
    const two = withPlaced(withPlaced(account(), placed('a', 1)), placed('b', 2))
    expect(names(two)).toEqual(['b', 'a'])
    const ended = withPlaced(two, placed('b', 2, 'FILLED'))
    expect(names(ended)).toEqual(['a'])
    // The response that says that it rests comes late.
    expect(names(withPlaced(ended, placed('b', 2)))).toEqual(['a'])
    // The position that it opened has the same id.
    expect(ids(withOrder(ended, { event: 'ORDER_OPENED', order: order('b', 2) }))).toEqual(['b'])
  })

  it('are fetched with the account', () => {
    const [one] = fetched([], [placed('a', 1)], sheet, undefined).orders
    expect(one).toMatchObject({ kind: 'LIMIT', price: 5n, triggerPrice: null, reserved: 2n })
  })
})

it('remembers closed positions across a fetch', () => {
  const gone = withOrder(account(order('a', 1)), { event: 'ORDER_CLOSED', order: closed('a') })
  const again = fetched([], [], sheet, gone)
  expect(ids(withOrder(again, { event: 'ORDER_OPENED', order: order('a', 1) }))).toEqual([])
})

it('counts fees and fundings, and takes them from the P&L of a closed position', () => {
  const costly = {
    ...closed('a'),
    finalPnLInt: '1000',
    commissionInt: '30',
    fundingInt: '-7',
    liquidationFeeInt: '2',
  } as ClosedOrder
  const read = readClosed({ ...costly, shortfallInt: '0' })
  expect([feesOf(read), costsOf(read), netPnl(read)]).toEqual([32n, 39n, 961n])
  expect(hasHadCosts(read)).toBe(true)
  const free = readClosed({ ...closed('b'), shortfallInt: '0' } as ClosedOrder)
  expect([costsOf(free), hasHadCosts(free)]).toEqual([0n, false])
})

it('foresees the fee and the net result of a close', () => {
  const terms = { qtyInt: '200000000', marginInt: '1000000000', executionPriceInt: '10000000000' }
  const costs = { commissionInt: '30', fundingInt: '-7' }
  const [position] = account(order('a', 1, { ...terms, ...costs })).positions
  const at = (bid: string) => {
    const quote = { bid: exact(bid), ask: exact('1000') }
    const { fee, net } = closingAt(position as Position, quote, 500)
    return [fee, net]
  }
  // Two at 101 instead of 100: 2 gained, 0.101 for the close, 37 units before.
  expect(at('101')).toEqual([exact('0.101'), exact('1.899') - 37n])
  // Of the margin of 10, 0.04 is left, which is less than the fee.
  expect(at('95.02')).toEqual([exact('0.04'), exact('-10') - 37n])
  expect(at('90')).toEqual([0n, exact('-10') - 37n])
})

it('values positions at their close price', () => {
  const { positions } = account(
    order('long', 1),
    order('short', 2, { orderType: 'SHORT', asset: 'ETHUSDT' }),
  )
  const quotes: Record<string, Quote | null> = {
    BTCUSDT: { bid: exact('101'), ask: exact('102') },
    ETHUSDT: { bid: exact('98'), ask: exact('99') },
  }
  // 1 × (101 − 100) and 1 × (100 − 99)
  expect(unrealizedPnl(positions, (asset) => quotes[asset] ?? null)).toBe(exact('2'))
  expect(unrealizedPnl(positions, () => null)).toBeNull()
})
