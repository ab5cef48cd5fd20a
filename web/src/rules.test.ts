import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exact, SCALE } from '@/decimal'
import * as rules from '@/rules'

/** A row of the table that the exchange's own tests generate and check. */
type Row = {
  orderType: rules.Side
  leverage: number
  qty: string
  free: string
  bid: string
  ask: string
  stopLoss: string | null
  takeProfit: string | null
  refused?: string
  margin: string
  executionPrice: string
  liquidationPrice: string
  closeBid: string
  closeAsk: string
  closeReason: string
  finalPnL: string
  shortfall: string
  freeAfter: string
}

/** The liquidation loss of the table's markets. */
const LOSS_BPS = 9_000
const TABLE = '../crates/exchange/tests/vectors/positions.json'
const rows = JSON.parse(readFileSync(TABLE, 'utf8')) as Row[]
const taken = rows.filter((row) => row.refused === undefined)

const price = (text: string | null) => (text === null ? null : BigInt(text))
const opening = (row: Row) => ({ bid: BigInt(row.bid), ask: BigInt(row.ask) })

describe('the position vectors of the exchange', () => {
  it('covers every case', () => {
    expect(taken.length).toBeGreaterThan(100)
    expect(rows.length - taken.length).toBeGreaterThan(50)
    const reasons = new Set(taken.map((row) => row.closeReason))
    expect(reasons).toEqual(new Set(['MANUAL', 'MARGIN_CALL', 'STOP_LOSS', 'TAKE_PROFIT']))
  })

  it('refuses the same orders for the same reasons', () => {
    for (const row of rows) expect([row, refusal(row)]).toEqual([row, row.refused ?? null])
  })

  it('gives the same margin and liquidation price', () => {
    for (const row of taken) {
      const entry = rules.openPrice(row.orderType, opening(row))
      const liquidation = rules.liquidationPrice(row.orderType, entry, row.leverage, LOSS_BPS)
      const margin = rules.margin(BigInt(row.qty), entry, row.leverage)
      expect([entry, margin, liquidation].map(String)).toEqual([
        row.executionPrice,
        row.margin,
        row.liquidationPrice,
      ])
    }
  })

  it('gives the same P&L and balance', () => {
    for (const row of taken) {
      const quote = { bid: BigInt(row.closeBid), ask: BigInt(row.closeAsk) }
      const close = rules.closePrice(row.orderType, quote)
      const pnl = rules.pnl(row.orderType, BigInt(row.qty), BigInt(row.executionPrice), close)
      const margin = BigInt(row.margin)
      const final = rules.finalPnl(pnl, margin)
      expect(String(final)).toBe(row.finalPnL)
      expect(String(final - pnl)).toBe(row.shortfall)
      expect(String(BigInt(row.free) + final)).toBe(row.freeAfter)
    }
  })
})

/** Runs the checks in the engine's order. */
function refusal(row: Row): string | null {
  const { orderType, leverage } = row
  const quote = opening(row)
  const qty = BigInt(row.qty)
  const entry = rules.openPrice(orderType, quote)
  const liquidation = rules.liquidationPrice(orderType, entry, leverage, LOSS_BPS)
  const [stopLoss, takeProfit] = [price(row.stopLoss), price(row.takeProfit)]
  const reference = rules.closePrice(orderType, quote)
  if (rules.marginVanishes(qty, entry, leverage)) return 'QUANTITY_TOO_SMALL'
  if (!rules.fits(qty, entry, leverage)) return 'AMOUNT_OUT_OF_RANGE'
  if (rules.isLiquidatedAtOnce(orderType, quote, leverage, LOSS_BPS)) return 'LIQUIDATED_AT_ONCE'
  const stopProblem =
    stopLoss !== null && rules.stopLossProblem(orderType, stopLoss, reference, liquidation)
  const takeProblem = takeProfit !== null && rules.takeProfitProblem(orderType, takeProfit, entry)
  if (stopProblem) return stopProblem
  if (takeProblem) return takeProblem
  return rules.margin(qty, entry, leverage) > BigInt(row.free) ? 'INSUFFICIENT_BALANCE' : null
}

describe('the liquidation loss of a market', () => {
  it.each([
    ['LONG', 10, 9_000, '91'],
    ['SHORT', 10, 9_000, '109'],
    ['LONG', 10, 5_000, '95'],
    ['LONG', 1, 10_000, '0'],
    ['SHORT', 50, 2_500, '100.5'],
    // 1/3 of 100, rounded down in the trader's disfavour.
    ['LONG', 3, 10_000, '66.66666667'],
    ['SHORT', 7, 1, '100.00142857'],
  ] as const)('%s at %sx, %s bps: liquidation at %s', (side, leverage, lossBps, expected) => {
    const at = rules.liquidationPrice(side, exact('100'), leverage, lossBps)
    expect(at).toBe(exact(expected))
  })

  it('decides whether the spread alone liquidates', () => {
    const quote = { bid: exact('96'), ask: exact('100') }
    expect(rules.isLiquidatedAtOnce('LONG', quote, 10, 9_000)).toBe(false)
    expect(rules.isLiquidatedAtOnce('LONG', quote, 10, 4_000)).toBe(true)
  })
})

describe('sizes', () => {
  const step = 1_000n

  it('are the largest whose margin is covered', () => {
    for (const row of taken) {
      const entry = BigInt(row.executionPrice)
      const money = BigInt(row.free)
      const qty = rules.qtyForMargin(money, entry, row.leverage, step)
      expect(qty % step).toBe(0n)
      expect(rules.margin(qty, entry, row.leverage)).toBeLessThanOrEqual(money)
      expect(rules.margin(qty + step, entry, row.leverage)).toBeGreaterThan(money)
    }
  })

  it('are zero without money', () => {
    expect(rules.qtyForMargin(0n, SCALE, 10, step)).toBe(0n)
    expect(rules.qtyForMargin(-SCALE, SCALE, 10, step)).toBe(0n)
  })
})

describe('a price for a P&L', () => {
  const tick = exact('0.01')

  it.each([
    ['LONG', '-50'],
    ['LONG', '33.33'],
    ['SHORT', '-50'],
    ['SHORT', '33.33'],
  ] as const)('%s %s loses no more and gains no less than the target', (orderType, text) => {
    const [qty, entry, target] = [exact('0.0313'), exact('92031.17'), exact(text)]
    const at = rules.priceForPnl(orderType, qty, entry, target, tick)
    expect(at % tick).toBe(0n)
    expect(rules.pnl(orderType, qty, entry, at)).toBeGreaterThanOrEqual(target)
    const next = orderType === 'LONG' ? at - tick : at + tick
    expect(rules.pnl(orderType, qty, entry, next)).toBeLessThan(target)
  })
})

it.each([
  ['LONG', '1', '100', '2', '101', '100.66666667'],
  ['SHORT', '1', '100', '2', '101', '100.66666666'],
  ['LONG', '1', '100', '1', '101', '100.5'],
] as const)(
  'averages the entry of a %s of %s at %s and %s at %s',
  (side, q, p, more, at, expected) => {
    const average = rules.averageEntry(side, [exact(q), exact(p)], [exact(more), exact(at)])
    expect(average).toBe(exact(expected))
  },
)

it('measures the way between prices', () => {
  expect(rules.distance(exact('100'), exact('99.5'))).toBe(exact('0.005'))
  expect(rules.distance(exact('3'), exact('4'))).toBe(33_333_333n)
  expect(rules.distance(0n, exact('4'))).toBe(0n)
})

it('computes the remaining share of the way to liquidation', () => {
  const room = (entry: string, liquidation: string, close: string) =>
    rules.liquidationRoom(exact(entry), exact(liquidation), exact(close))
  expect(room('100', '90', '100')).toBe(SCALE)
  expect(room('100', '90', '92')).toBe(exact('0.2'))
  expect(room('100', '110', '108')).toBe(exact('0.2'))
  expect(room('100', '110', '110')).toBe(0n)
  expect(room('100', '110', '95')).toBe(exact('1.5'))
})
