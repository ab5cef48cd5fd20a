/** The preview of an order: its costs and its results. Pure. */

import * as costs from '@/costs'
import { mulDiv, SCALE } from '@/decimal'
import type { Draft, Mode } from '@/features/ticket/evaluate'
import type { ExitPlan, PlannedLevel } from '@/features/ticket/levels'
import type { Terms as OrderTerms } from '@/features/ticket/order-terms'
import type { Mark } from '@/live/frames'
import { type AssetInfo, priceTick } from '@/markets'
import * as rules from '@/rules'
import type { Position } from '@/trading/account'

export type Preview = {
  qty: bigint
  entry: bigint
  margin: bigint
  notional: bigint
  /** The loss of an immediate close. */
  spreadCost: bigint
  /** The fee of opening. */
  fee: bigint
  /** The fee of an immediate close. */
  closeFee: bigint
  /** Whether the order fills when it arrives, as a taker. */
  isImmediate: boolean
  /** The next funding at its present rate, below zero for a payment; null if unknown. */
  funding: bigint | null
  liquidation: bigint
  /** How far the price that liquidates is from the liquidation price, a ratio at scale. */
  away: bigint
  /** Where a close gives back all fees; null if no price does. */
  breakEven: bigint | null
  /** The loss with all fees at the stop-loss, or else at liquidation; a gap can cost the margin. */
  maxLoss: bigint
  stopLoss: ExitPreview | null
  takeProfit: ExitPreview | null
  /** The net result at the take-profit for each unit lost at the stop-loss, at scale. */
  riskReward: bigint | null
}

export type ExitPreview = Omit<ExitPlan, 'levels'> & {
  levels: readonly (PlannedLevel & { pnl: bigint })[]
  /** The P&L of all levels. */
  pnl: bigint
  /** The same after the fees of opening and closing. */
  net: bigint
}

/** The bid and ask, and the mark price as both where it is known. */
export type Prices = { quote: rules.Quote; mark: rules.Quote | null }

/** An order that was read without a problem so far. */
export type Terms = {
  draft: Draft
  info: AssetInfo
  mode: Mode
  order: OrderTerms
  prices: Prices
  entry: bigint
  liquidation: bigint
  /** What the order opens: all of it, or what is left once it has closed an opposite position. */
  qty: bigint
  /** The size that is sent. */
  sent: bigint
  margin: bigint
  fee: bigint
  mark: Mark | null
  /** The position that the order adds to or reduces, where orders are netted. */
  held: Position | null
}

export function previewOf(
  terms: Terms,
  stopLoss: ExitPlan | null,
  takeProfit: ExitPlan | null,
): Preview {
  const { draft, info, order, prices, entry, liquidation, qty, margin, fee } = terms
  const side = draft.orderType
  const close = rules.closePrice(side, prices.quote)
  const liquidating = (info.liquidationModel === 'MAINTENANCE' && prices.mark) || prices.quote
  const even = costs.breakEvenPrice(side, entry, qty, fee, info.takerFeePpm, priceTick(info))
  const [loss, gain] = [exitPreview(terms, stopLoss), exitPreview(terms, takeProfit)]
  return {
    qty,
    entry,
    margin,
    notional: rules.notional(qty, entry),
    spreadCost: -rules.pnl(side, qty, entry, close),
    fee,
    closeFee: costs.fee(qty, close, info.takerFeePpm),
    isImmediate: order.isImmediate,
    funding: nextFunding(terms),
    liquidation,
    away: rules.distance(rules.closePrice(side, liquidating), liquidation),
    breakEven: even > 0n ? even : null,
    maxLoss: maxLoss(terms, stopLoss),
    stopLoss: loss,
    takeProfit: gain,
    riskReward:
      loss && gain && loss.net < 0n && gain.net > 0n
        ? mulDiv(gain.net, SCALE, -loss.net, 'floor')
        : null,
  }
}

/** The next funding at the mark price and the rate of now. */
function nextFunding({ draft, info, qty, mark }: Terms): bigint | null {
  if (!info.funding || mark?.fundingRate == null) return null
  const rate = costs.cappedRate(mark.fundingRate, info.funding.capPpm)
  return costs.funding(draft.orderType, qty, mark.price, rate)
}

function exitPreview(terms: Terms, plan: ExitPlan | null): ExitPreview | null {
  if (plan === null) return null
  const { draft, entry, margin, fee } = terms
  const levels = plan.levels.map((level) => ({
    ...level,
    pnl: rules.finalPnl(rules.pnl(draft.orderType, level.qty, entry, level.price), margin),
  }))
  const pnl = rules.finalPnl(
    levels.reduce((sum, level) => sum + level.pnl, 0n),
    margin,
  )
  const { left, closing } = settled(terms, pnl, closingFees(terms, plan.levels, 0))
  return { ...plan, levels, pnl, net: left - closing - margin - fee }
}

/** What a close leaves of the margin before its fee, and the fee, which is at most that. */
function settled({ margin }: Terms, pnl: bigint, fees: bigint) {
  const left = margin + pnl
  return { left, closing: fees < left ? fees : left }
}

function closingFees(
  { info }: Terms,
  parts: readonly { qty: bigint; price: bigint }[],
  extraPpm: number,
): bigint {
  const feeOf = ({ qty, price }: { qty: bigint; price: bigint }) =>
    costs.fee(qty, price, info.takerFeePpm) + costs.fee(qty, price, extraPpm)
  return parts.reduce((sum, part) => sum + feeOf(part), 0n)
}

/** The fees of a close come from what is left of the margin, that of the opening does not. */
function maxLoss(terms: Terms, stopLoss: ExitPlan | null): bigint {
  const { draft, info, entry, liquidation, qty, margin, fee } = terms
  const stopped = stopLoss?.levels ?? []
  const open = stopped.reduce((left, level) => left - level.qty, qty)
  // What no stop-loss closes is liquidated.
  const rest = open > 0n ? [{ qty: open, price: liquidation }] : []
  const pnl = [...stopped, ...rest].reduce(
    (sum, part) => sum + rules.pnl(draft.orderType, part.qty, entry, part.price),
    0n,
  )
  const fees = closingFees(terms, stopped, 0) + closingFees(terms, rest, info.liquidationFeePpm)
  const loss = fee - rules.finalPnl(pnl - fees, margin)
  return loss > 0n ? loss : 0n
}
