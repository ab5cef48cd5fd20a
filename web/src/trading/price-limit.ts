/** The worst price of an order, from the displayed price and the trader's tolerance. */

import { mulDiv, parse, SCALE } from '@/decimal'
import { closePrice, openPrice, type Side, type Quote } from '@/rules'

export const TOLERANCE_MAX_PERCENT = 10n

/** Parses a tolerance into a ratio at scale; null if it is invalid. */
export function readTolerance(text: string): bigint | null {
  const parsed = parse(text)
  const isShare = parsed.ok && parsed.value >= 0n && parsed.value <= TOLERANCE_MAX_PERCENT * SCALE
  return isShare ? parsed.value / 100n : null
}

/** Returns the highest ask for a long, the lowest bid for a short. */
export function openLimit(side: Side, quote: Quote, tolerance: bigint): bigint {
  return worse(openPrice(side, quote), side === 'LONG', tolerance)
}

/** Returns the lowest bid for a long, the highest ask for a short. */
export function closeLimit(side: Side, quote: Quote, tolerance: bigint): bigint {
  return worse(closePrice(side, quote), side === 'SHORT', tolerance)
}

/** Moves a price by the tolerance, rounded so that the tolerance is never exceeded. */
function worse(price: bigint, isBought: boolean, tolerance: bigint): bigint {
  const distance = mulDiv(price, tolerance, SCALE, 'floor')
  return isBought ? price + distance : price - distance
}
