/**
 * The formulas and checks of a position, as in `crates/exchange/src/valuation.rs` and `modify.rs`.
 * Results here are previews; the engine's response is authoritative.
 */

import { divide, INT_MAX, mulDiv, type Rounding, SCALE, toStep } from '@/decimal'

export type Side = 'LONG' | 'SHORT'

/** Bid and ask at one moment, at scale. */
export type Quote = { bid: bigint; ask: bigint }

/** One hundred per cent in basis points. */
export const WHOLE_BPS = 10_000n

export function openPrice(side: Side, quote: Quote): bigint {
  return side === 'LONG' ? quote.ask : quote.bid
}

export function closePrice(side: Side, quote: Quote): bigint {
  return side === 'LONG' ? quote.bid : quote.ask
}

/** ⌈qty × execution price / leverage⌉ */
export function margin(qty: bigint, executionPrice: bigint, leverage: number): bigint {
  return mulDiv(qty, executionPrice, SCALE * BigInt(leverage), 'ceiling')
}

/** Reports whether ⌊qty × execution price / leverage⌋ is zero: such a position would be free. */
export function marginVanishes(qty: bigint, executionPrice: bigint, leverage: number): boolean {
  return mulDiv(qty, executionPrice, SCALE * BigInt(leverage), 'floor') === 0n
}

/**
 * Execution price ∓ ⌊execution price × loss / (10,000 × leverage)⌋. `lossBps` is the market's loss,
 * in basis points of the margin, at which a position is liquidated.
 */
export function liquidationPrice(
  side: Side,
  executionPrice: bigint,
  leverage: number,
  lossBps: number,
): bigint {
  const divisor = WHOLE_BPS * BigInt(leverage)
  const distance = mulDiv(executionPrice, BigInt(lossBps), divisor, 'floor')
  return side === 'LONG' ? executionPrice - distance : executionPrice + distance
}

/**
 * Execution price ∓ ⌊margin × loss / (10,000 × qty)⌋: the liquidation price of a position whose
 * margin was changed; zero where a long never gets there.
 */
export function liquidationPriceByMargin(
  side: Side,
  executionPrice: bigint,
  margin: bigint,
  qty: bigint,
  lossBps: number,
): bigint {
  const distance = mulDiv(margin * BigInt(lossBps), SCALE, qty * WHOLE_BPS, 'floor')
  if (side === 'SHORT') return executionPrice + distance
  return executionPrice > distance ? executionPrice - distance : 0n
}

/** ⌊qty × (close − execution)⌋ for a long, ⌊qty × (execution − close)⌋ for a short */
export function pnl(side: Side, qty: bigint, executionPrice: bigint, close: bigint): bigint {
  const gain = side === 'LONG' ? close - executionPrice : executionPrice - close
  return mulDiv(qty, gain, SCALE, 'floor')
}

/** Returns the P&L recorded at a close, never below −margin: the house bears the rest. */
export function finalPnl(pnl: bigint, margin: bigint): bigint {
  return pnl < -margin ? -margin : pnl
}

/** Returns P&L / margin, a ratio at scale. */
export function returnOnMargin(pnl: bigint, margin: bigint): bigint {
  return margin === 0n ? 0n : mulDiv(pnl, SCALE, margin, 'floor')
}

export function notional(qty: bigint, price: bigint, rounding: Rounding = 'ceiling'): bigint {
  return mulDiv(qty, price, SCALE, rounding)
}

/** Returns the largest multiple of `step` whose margin is at most `money`. */
export function qtyForMargin(
  money: bigint,
  executionPrice: bigint,
  leverage: number,
  step: bigint,
): bigint {
  if (money <= 0n || executionPrice <= 0n) return 0n
  // ⌈q·p/(s·l)⌉ ≤ m exactly when q·p ≤ m·s·l, for whole m.
  return toStep(divide(money * SCALE * BigInt(leverage), executionPrice, 'floor'), step, 'floor')
}

/** Returns the largest multiple of `step` whose notional is at most `money`. */
export function qtyForNotional(money: bigint, price: bigint, step: bigint): bigint {
  return qtyForMargin(money, price, 1, step)
}

/**
 * Returns the price at which the P&L reaches `target`, rounded to the tick so that the position
 * loses no more and gains no less.
 */
export function priceForPnl(
  side: Side,
  qty: bigint,
  executionPrice: bigint,
  target: bigint,
  tick: bigint,
): bigint {
  if (qty <= 0n) return executionPrice
  const isLong = side === 'LONG'
  const move = mulDiv(isLong ? target : -target, SCALE, qty, isLong ? 'ceiling' : 'floor')
  return toStep(executionPrice + move, tick, isLong ? 'ceiling' : 'floor')
}

/** The average entry price of two fills, rounded against the trader: up for a long, down for a short. */
export function averageEntry(
  side: Side,
  [qty, price]: readonly [qty: bigint, price: bigint],
  [moreQty, morePrice]: readonly [qty: bigint, price: bigint],
): bigint {
  const rounding = side === 'LONG' ? 'ceiling' : 'floor'
  return divide(qty * price + moreQty * morePrice, qty + moreQty, rounding)
}

/** The way from one price to another, as a ratio of the first at scale, rounded down. */
export function distance(from: bigint, to: bigint): bigint {
  const way = to > from ? to - from : from - to
  return from === 0n ? 0n : mulDiv(way, SCALE, from, 'floor')
}

/** Reports whether `a` is worse for the position than `b`. */
export function isWorse(side: Side, a: bigint, b: bigint): boolean {
  return side === 'LONG' ? a < b : a > b
}

export type StopLossProblem = 'STOP_LOSS_WRONG_SIDE' | 'STOP_LOSS_BEYOND_LIQUIDATION'
export type TakeProfitProblem = 'TAKE_PROFIT_WRONG_SIDE'

/** Checks a stop-loss. `reference` is the price at which the position could be closed now. */
export function stopLossProblem(
  side: Side,
  stopLoss: bigint,
  reference: bigint,
  liquidation: bigint,
): StopLossProblem | null {
  if (!isWorse(side, stopLoss, reference)) return 'STOP_LOSS_WRONG_SIDE'
  if (!isWorse(side, liquidation, stopLoss)) return 'STOP_LOSS_BEYOND_LIQUIDATION'
  return null
}

/** Checks a take-profit. `reference` is the entry of a new position, or the current close price. */
export function takeProfitProblem(
  side: Side,
  takeProfit: bigint,
  reference: bigint,
): TakeProfitProblem | null {
  return isWorse(side, reference, takeProfit) ? null : 'TAKE_PROFIT_WRONG_SIDE'
}

/** Reports whether the spread alone reaches the liquidation price. */
export function isLiquidatedAtOnce(
  side: Side,
  quote: Quote,
  leverage: number,
  lossBps: number,
): boolean {
  const liquidation = liquidationPrice(side, openPrice(side, quote), leverage, lossBps)
  return !isWorse(side, liquidation, closePrice(side, quote))
}

/** Reports whether every amount of such a position is in range. */
export function fits(qty: bigint, executionPrice: bigint, leverage: number): boolean {
  return qty <= INT_MAX && margin(qty, executionPrice, leverage) <= INT_MAX
}

/**
 * Returns the remaining share of the way from entry to liquidation, a ratio at scale: 1 at the
 * entry, 0 at the liquidation price, above 1 in profit.
 */
export function liquidationRoom(
  executionPrice: bigint,
  liquidation: bigint,
  close: bigint,
): bigint {
  const whole = executionPrice - liquidation
  if (whole === 0n) return 0n
  const left = close - liquidation
  return whole > 0n ? mulDiv(left, SCALE, whole, 'floor') : mulDiv(-left, SCALE, -whole, 'floor')
}
