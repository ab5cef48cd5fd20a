/** The preview of an order: its costs and its results. Pure. */

import * as costs from '@/costs'
import type { Draft, Mode } from '@/features/ticket/evaluate'
import type { Terms as OrderTerms } from '@/features/ticket/order-terms'
import type { Mark } from '@/live/frames'
import type { AssetInfo } from '@/markets'
import * as rules from '@/rules'

export type Preview = {
  qty: bigint
  entry: bigint
  margin: bigint
  notional: bigint
  /** The loss of an immediate close. */
  spreadCost: bigint
  /** The fee of opening. */
  fee: bigint
  /** Whether the order fills when it arrives, as a taker. */
  isImmediate: boolean
  /** The next funding at its present rate, below zero for a payment; null if unknown. */
  funding: bigint | null
  liquidation: bigint
  /** The loss with all fees at the stop-loss, or else at liquidation; a gap can cost the margin. */
  maxLoss: bigint
  stopLoss: ExitPreview | null
  takeProfit: ExitPreview | null
}

export type ExitPreview = { price: bigint; pnl: bigint }

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
  qty: bigint
  margin: bigint
  fee: bigint
  mark: Mark | null
}

export function previewOf(
  terms: Terms,
  stopLoss: bigint | null,
  takeProfit: bigint | null,
): Preview {
  const { draft, order, prices, entry, liquidation, qty, margin, fee } = terms
  const pnlAt = (price: bigint) => rules.pnl(draft.orderType, qty, entry, price)
  const exitAt = (price: bigint | null) =>
    price === null ? null : { price, pnl: rules.finalPnl(pnlAt(price), margin) }
  return {
    qty,
    entry,
    margin,
    notional: rules.notional(qty, entry),
    spreadCost: -pnlAt(rules.closePrice(draft.orderType, prices.quote)),
    fee,
    isImmediate: order.isImmediate,
    funding: nextFunding(terms),
    liquidation,
    maxLoss: maxLoss(terms, stopLoss),
    stopLoss: exitAt(stopLoss),
    takeProfit: exitAt(takeProfit),
  }
}

/** The next funding at the mark price and the rate of now. */
function nextFunding({ draft, info, qty, mark }: Terms): bigint | null {
  if (!info.funding || mark?.fundingRate == null) return null
  const rate = costs.cappedRate(mark.fundingRate, info.funding.capPpm)
  return costs.funding(draft.orderType, qty, mark.price, rate)
}

/** The fees of a close come from what is left of the margin, that of the opening does not. */
function maxLoss(terms: Terms, stopLoss: bigint | null): bigint {
  const { draft, info, entry, liquidation, qty, margin, fee } = terms
  const price = stopLoss ?? liquidation
  const liquidationFeePpm = stopLoss === null ? info.liquidationFeePpm : 0
  const fees = costs.fee(qty, price, info.takerFeePpm) + costs.fee(qty, price, liquidationFeePpm)
  const pnl = rules.pnl(draft.orderType, qty, entry, price) - fees
  const loss = fee - rules.finalPnl(pnl, margin)
  return loss > 0n ? loss : 0n
}
