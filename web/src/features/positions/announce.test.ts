import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Fill } from '@/api/schema'
import { exact } from '@/decimal'
import { announceClosed, announcePart } from '@/features/positions/announce'
import { noteFill } from '@/features/positions/own-fills'
import { setMarkets } from '@/markets'
import { market, openPosition, placedOrder } from '@/testkit'
import type { ClosedPosition } from '@/trading/account'
import { messages } from '@/ui/toast'

beforeEach(() => {
  vi.useFakeTimers()
  setMarkets([market('BTCUSDT')])
})

afterEach(() => {
  vi.useRealTimers()
  messages.set([])
})

/** Returns a long of 2 that was closed in parts, as its record has it: in total. */
const closed = (part: Partial<ClosedPosition> = {}): ClosedPosition => ({
  ...openPosition('BTCUSDT', { orderId: crypto.randomUUID(), qty: exact('2') }),
  closePrice: exact('100500'),
  finalPnl: exact('1000'),
  shortfall: 0n,
  liquidationFee: 0n,
  closeReason: 'MANUAL',
  closedAt: 2_000,
  ...part,
})
const fill = (positionId: string, part: Partial<Fill> = {}) =>
  ({
    positionId,
    asset: 'BTCUSDT',
    qtyInt: String(exact('0.5')),
    priceInt: String(exact('101000')),
    realizedPnLInt: String(exact('500')),
    executedAt: 2_001,
    ...part,
  }) as Fill
const said = () => messages.get().map(({ title, detail }) => [title, detail])

it('a close of a whole position is told at once', () => {
  const position = closed()
  announceClosed(position, position.qty)
  // Its fill, and its event after its answer, say nothing new.
  noteFill(fill(position.orderId))
  announceClosed(position, null)
  expect(said()).toEqual([['Closed: long 2.00000 BTC', 'At 100,500.00, P&L +1,000.00 USD']])
})

it('a close of the rest tells what it did, and then the total', () => {
  const position = closed()
  announceClosed(position, exact('0.5'))
  expect(said()).toEqual([])
  noteFill(fill('of another position'))
  // An earlier part of the same position.
  noteFill(fill(position.orderId, { executedAt: 1_999, qtyInt: String(exact('1.5')) }))
  expect(said()).toEqual([])
  noteFill(fill(position.orderId))
  vi.advanceTimersByTime(5_000)
  expect(said()).toEqual([
    [
      'Closed: long 0.50000 BTC',
      'At 101,000.00, P&L +500.00 USD. Whole position: P&L +1,000.00 USD',
    ],
  ])
})

it('a total after costs is told as such', () => {
  const position = closed({ commission: exact('30') })
  announceClosed(position, exact('0.5'))
  noteFill(fill(position.orderId, { realizedPnLInt: String(exact('-20')) }))
  expect(said()[0]?.[1]).toBe(
    'At 101,000.00, P&L -20.00 USD. Whole position: P&L +1,000.00 USD, +970.00 USD after costs',
  )
})

it('a close whose fill does not come tells what is known', () => {
  announceClosed(closed(), exact('0.5'))
  vi.advanceTimersByTime(1_000)
  expect(said()).toEqual([['Closed: long 0.50000 BTC', 'Whole position: P&L +1,000.00 USD']])
})

it('a close of a part tells its price, its P&L and what is left', () => {
  const before = openPosition('BTCUSDT', { qty: exact('2') })
  const rest = openPosition('BTCUSDT', { qty: exact('1.5') })
  const part = (orderId: string) =>
    placedOrder({
      orderId,
      status: 'FILLED',
      filledQtyInt: String(exact('0.5')),
      averagePriceInt: String(exact('101000')),
    })
  // The answer may come after the fill, or before it.
  noteFill(fill('p', { orderId: 'o1' }))
  announcePart(before, part('o1'), rest)
  announcePart(before, part('o2'), null)
  noteFill(fill('p', { orderId: 'o2', realizedPnLInt: String(exact('-5')) }))
  announcePart(before, part('o3'), rest)
  vi.advanceTimersByTime(1_000)
  expect(said()).toEqual([
    ['Closed long 0.50000 BTC', 'At 101,000.00, P&L +500.00 USD. Still open: long 1.50000 BTC.'],
    ['Closed long 0.50000 BTC', 'At 101,000.00, P&L -5.00 USD'],
    ['Closed long 0.50000 BTC', 'At 101,000.00. Still open: long 1.50000 BTC.'],
  ])
})
