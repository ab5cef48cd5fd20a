/**
 * What trading costs, and the rules that go by a position's value, as in
 * `crates/exchange/src/valuation.rs` and `fill.rs`. Every rounding is against the trader.
 */

import { divide, mulDiv, SCALE, toStep } from '@/decimal'
import { type AssetInfo, type Bracket, isListed } from '@/markets'
import * as rules from '@/rules'
import type { Side } from '@/rules'

/** One in millionths. */
const WHOLE_PPM = 1_000_000n
/** The units of a rate at scale in one millionth. */
const UNITS_PER_PPM = SCALE / WHOLE_PPM

/** The fee of a fill: ⌈qty × price × rate⌉, with the rate in millionths. */
export function fee(qty: bigint, price: bigint, ppm: number): bigint {
  return mulDiv(qty * price, BigInt(ppm), SCALE * WHOLE_PPM, 'ceiling')
}

/**
 * The funding that a position receives, negative if it pays: ⌊∓qty × mark price × rate⌋, with the
 * upper sign for a long.
 */
export function funding(side: Side, qty: bigint, mark: bigint, rate: bigint): bigint {
  const received = side === 'LONG' ? -rate : rate
  return mulDiv(qty * mark, received, SCALE * SCALE, 'floor')
}

/** Limits a funding rate to the market's cap in either direction. */
export function cappedRate(rate: bigint, capPpm: number): bigint {
  const cap = BigInt(capPpm) * UNITS_PER_PPM
  if (rate > cap) return cap
  return rate < -cap ? -cap : rate
}

/**
 * The price at which margin and P&L are no more than the maintenance margin, which is the largest
 * of those by all brackets: rounded up for a long, down for a short, and zero where a long never
 * gets there.
 */
export function maintenancePrice(
  side: Side,
  entry: bigint,
  margin: bigint,
  qty: bigint,
  brackets: readonly Bracket[],
): bigint {
  const value = qty * entry
  const prices = brackets.map(({ maintenancePpm, maintenanceAmount }) => {
    const bearable = (margin + maintenanceAmount) * SCALE
    const rate = BigInt(maintenancePpm)
    return side === 'LONG'
      ? divide((value - bearable) * WHOLE_PPM, qty * (WHOLE_PPM - rate), 'ceiling')
      : divide((value + bearable) * WHOLE_PPM, qty * (WHOLE_PPM + rate), 'floor')
  })
  const worst = prices.reduce((a, b) => (rules.isWorse(side, a, b) ? b : a))
  return worst < 0n ? 0n : worst
}

/**
 * The liquidation price of a position that is opened with the margin of its leverage; null while
 * it depends on a size that is not known.
 */
export function liquidationAtOpening(
  info: AssetInfo,
  side: Side,
  entry: bigint,
  leverage: number,
  qty: bigint | null,
): bigint | null {
  if (info.liquidationModel === 'MARGIN_LOSS') {
    return rules.liquidationPrice(side, entry, leverage, info.liquidationLossBps)
  }
  if (qty === null || info.brackets.length === 0) return null
  const margin = rules.margin(qty, entry, leverage)
  return maintenancePrice(side, entry, margin, qty, info.brackets)
}

/**
 * The price at which a close brings `cost` beside its own fee: rounded up for a long, down for a
 * short. The roundings of P&L and fee are left out.
 */
export function priceForCost(
  side: Side,
  entry: bigint,
  qty: bigint,
  cost: bigint,
  ppm: number,
): bigint {
  const [value, rate] = [qty * entry, BigInt(ppm)]
  return side === 'LONG'
    ? divide((value + cost * SCALE) * WHOLE_PPM, qty * (WHOLE_PPM - rate), 'ceiling')
    : divide((value - cost * SCALE) * WHOLE_PPM, qty * (WHOLE_PPM + rate), 'floor')
}

/**
 * The nearest price, a multiple of `tick`, at which a close gives back what it and the opening cost:
 * rounded up for a long, down for a short. `paid` is what the opening cost beside the margin.
 */
export function breakEvenPrice(
  side: Side,
  entry: bigint,
  qty: bigint,
  paid: bigint,
  ppm: number,
  tick: bigint,
): bigint {
  const rounding = side === 'LONG' ? 'ceiling' : 'floor'
  const priceFor = (cost: bigint) =>
    toStep(priceForCost(side, entry, qty, cost, ppm), tick, rounding)
  const isEven = (price: bigint) =>
    rules.pnl(side, qty, entry, price) - fee(qty, price, ppm) >= paid
  // The roundings of P&L and fee take less than two units.
  return [paid, paid + 1n].map(priceFor).find(isEven) ?? priceFor(paid + 2n)
}

/** The liquidation price of a position that gets another margin; null if the market is not known. */
export function liquidationWithMargin(
  info: AssetInfo,
  side: Side,
  entry: bigint,
  margin: bigint,
  qty: bigint,
): bigint | null {
  if (!isListed(info.asset)) return null
  if (info.liquidationModel === 'MARGIN_LOSS') {
    return rules.liquidationPriceByMargin(side, entry, margin, qty, info.liquidationLossBps)
  }
  if (info.brackets.length === 0) return null
  return maintenancePrice(side, entry, margin, qty, info.brackets)
}

/** The highest leverage of a position of this value; zero if it is too large for any. */
export function maxLeverageAt({ brackets, maxLeverage }: AssetInfo, notional: bigint): number {
  if (brackets.length === 0) return maxLeverage
  return brackets.find(({ notionalCap }) => notional <= notionalCap)?.maxLeverage ?? 0
}

/** The highest value of a position at this leverage; null if the market sets none. */
export function notionalCapAt({ brackets }: AssetInfo, leverage: number): bigint | null {
  return brackets.findLast(({ maxLeverage }) => maxLeverage >= leverage)?.notionalCap ?? null
}

/** The highest value of a position whose margin and opening fee take at most `money`. */
export function notionalForMoney(money: bigint, leverage: number, feePpm: number): bigint {
  const times = BigInt(leverage)
  return divide(money * times * WHOLE_PPM, WHOLE_PPM + times * BigInt(feePpm), 'floor')
}

/** Returns a size, a multiple of `step`, whose margin and opening fee take at most `money`. */
export function qtyForMoney(
  money: bigint,
  entry: bigint,
  leverage: number,
  feePpm: number,
  step: bigint,
): bigint {
  // margin × (1 + leverage × fee) ≤ money, for a whole margin: the fee is then at most the rest.
  const most = divide(money * WHOLE_PPM, WHOLE_PPM + BigInt(leverage) * BigInt(feePpm), 'floor')
  return rules.qtyForMargin(most, entry, leverage, step)
}
