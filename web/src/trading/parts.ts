/** Parts of a position, as in `crates/exchange/src/parts.rs`. Pure. */

import { mulDiv, toStep } from '@/decimal'
import { assetInfo, qtyStep } from '@/markets'
import type { Position } from '@/trading/account'

/** Returns a share of a position's quantity, in per cent, rounded down to the lot. */
export function shareOf({ qty, asset }: Position, percent: number): bigint {
  if (percent === 100) return qty
  return toStep(mulDiv(qty, BigInt(percent), 100n, 'floor'), qtyStep(assetInfo(asset)), 'floor')
}

/**
 * Returns a quantity of a position as one of its own: with its share of the margin, rounded down.
 * What the position has cost before stays with the rest of it.
 */
export function partOf(position: Position, qty: bigint): Position {
  if (qty === position.qty) return position
  const margin = mulDiv(position.margin, qty, position.qty, 'floor')
  return { ...position, qty, margin, commission: 0n, funding: 0n }
}
