/** The steps and minimums that a market sets, with the words that say them. Pure. */

import { print, toStep } from '@/decimal'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { notional } from '@/rules'

/** Returns the problem with a price that is no multiple of the market's tick; null if it is one. */
export function tickProblem({ priceTick, asset }: AssetInfo, price: bigint): string | null {
  if (priceTick === null || price % priceTick === 0n) return null
  const near = neighbours(price, priceTick).map((each) => format.price(asset, each))
  return `Prices are multiples of ${print(priceTick)}: ${near.join(' or ')}`
}

/** Returns the problem with a size that is no multiple of the market's step. */
export function stepProblem({ quantityStep, asset, base }: AssetInfo, qty: bigint): string | null {
  if (quantityStep === null || qty % quantityStep === 0n) return null
  const near = neighbours(qty, quantityStep).map((each) => format.qty(asset, each))
  return `Sizes are multiples of ${print(quantityStep)} ${base}: ${near.join(' or ')}`
}

/** Returns the problem with a size that is too small to open a position at a price. */
export function minimumProblem(info: AssetInfo, qty: bigint, price: bigint): string | null {
  const { minQuantity, minNotional, asset, base } = info
  if (minQuantity !== null && qty < minQuantity) {
    return `At least ${format.qty(asset, minQuantity)} ${base}`
  }
  const value = notional(qty, price, 'floor')
  if (minNotional === null || value >= minNotional) return null
  return `Worth ${format.usd(value)} USD; at least ${format.usd(minNotional, 'ceiling')} USD`
}

/** The multiples of a step around a value. Zero is none that can be used. */
function neighbours(value: bigint, step: bigint): bigint[] {
  const below = toStep(value, step, 'floor')
  return below === 0n ? [step] : [below, below + step]
}
