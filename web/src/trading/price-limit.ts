/** The worst price that an order takes, from the one on the screen and the trader's tolerance. */

import { mulDiv, parse, SCALE } from '@/decimal'
import { closePrice, openPrice, type Side, type Quote } from '@/rules'

export const TOLERANCE_MAX_PERCENT = 10n

/** A share at scale; null for what is no tolerance. */
export function readTolerance(text: string): bigint | null {
  const parsed = parse(text)
  const isShare = parsed.ok && parsed.value >= 0n && parsed.value <= TOLERANCE_MAX_PERCENT * SCALE
  return isShare ? parsed.value / 100n : null
}

/** The highest ask for a long, the lowest bid for a short. */
export function openLimit(side: Side, quote: Quote, tolerance: bigint): bigint {
  return worse(openPrice(side, quote), side === 'LONG', tolerance)
}

/** The lowest bid for a long, the highest ask for a short. */
export function closeLimit(side: Side, quote: Quote, tolerance: bigint): bigint {
  return worse(closePrice(side, quote), side === 'SHORT', tolerance)
}

/** Rounded towards the price: no more than the tolerance is given away. */
function worse(price: bigint, isBought: boolean, tolerance: bigint): bigint {
  const distance = mulDiv(price, tolerance, SCALE, 'floor')
  return isBought ? price + distance : price - distance
}
