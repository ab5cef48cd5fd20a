/** Figures of an open position that say how it stands. Pure. */

import { priceForCost } from '@/costs'
import { mulDiv, SCALE } from '@/decimal'
import type { AssetInfo } from '@/markets'
import { closePrice, pnl, type Quote } from '@/rules'
import { costsOf, type Position, pnlAt } from '@/trading/account'

const WHOLE_PPM = 1_000_000n

/**
 * The price at which closing the position gives nothing and takes nothing, after all that it has
 * cost and the fee of the close: rounded up for a long, down for a short.
 */
export function breakEven(position: Position, takerFeePpm: number): bigint {
  const { orderType, qty, executionPrice } = position
  const price = priceForCost(orderType, executionPrice, qty, costsOf(position), takerFeePpm)
  return price < 0n ? 0n : price
}

/**
 * The share of what the position has left, margin and P&L, that it must have: it is liquidated at
 * one. Null where nothing is left.
 */
export function marginRatio(position: Position, quote: Quote, info: AssetInfo): bigint | null {
  const left = position.margin + pnlAt(position, quote)
  if (left <= 0n) return null
  return mulDiv(maintenance(position, quote, info), SCALE, left, 'ceiling')
}

/** The money that a position must have left, in the market's own way to liquidate. */
function maintenance(position: Position, quote: Quote, info: AssetInfo): bigint {
  const { orderType, qty, executionPrice, liquidationPrice, margin } = position
  if (info.liquidationModel === 'MARGIN_LOSS' || info.brackets.length === 0) {
    const rest = margin + pnl(orderType, qty, executionPrice, liquidationPrice)
    return rest > 0n ? rest : 0n
  }
  const value = mulDiv(qty, closePrice(orderType, quote), SCALE, 'ceiling')
  return info.brackets.reduce((most, { maintenancePpm, maintenanceAmount }) => {
    const need = mulDiv(value, BigInt(maintenancePpm), WHOLE_PPM, 'ceiling') - maintenanceAmount
    return need > most ? need : most
  }, 0n)
}
