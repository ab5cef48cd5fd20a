/** The steps and minimums that a market sets, with the words that say them. Pure. */

import { t } from '@lingui/core/macro'
import { print, toStep } from '@/decimal'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { inNotation } from '@/notation'
import { notional } from '@/rules'

/** Returns the problem with a price that is no multiple of the market's tick; null if it is one. */
export function tickProblem({ priceTick, asset }: AssetInfo, price: bigint): string | null {
  if (priceTick === null || price % priceTick === 0n) return null
  const tick = inNotation(print(priceTick))
  const [near, next] = neighbours(price, priceTick, (each) => format.price(asset, each))
  return next === null
    ? t`Prices are multiples of ${tick}: ${near}`
    : t`Prices are multiples of ${tick}: ${near} or ${next}`
}

/** Returns the problem with a size that is no multiple of the market's step. */
export function stepProblem({ quantityStep, asset, base }: AssetInfo, qty: bigint): string | null {
  if (quantityStep === null || qty % quantityStep === 0n) return null
  const step = inNotation(print(quantityStep))
  const [near, next] = neighbours(qty, quantityStep, (each) => format.qty(asset, each))
  return next === null
    ? t`Sizes are multiples of ${step} ${base}: ${near}`
    : t`Sizes are multiples of ${step} ${base}: ${near} or ${next}`
}

/** Returns the problem with a size that is too small to open a position at a price. */
export function minimumProblem(info: AssetInfo, qty: bigint, price: bigint): string | null {
  const { minQuantity, minNotional, asset, base } = info
  if (minQuantity !== null && qty < minQuantity) {
    const least = format.qty(asset, minQuantity)
    return t`At least ${least} ${base}`
  }
  const value = notional(qty, price, 'floor')
  if (minNotional === null || value >= minNotional) return null
  const [worth, least] = [format.usd(value), format.usd(minNotional, 'ceiling')]
  return t`Worth ${worth} USD; at least ${least} USD`
}

/** The multiples of a step around a value. Zero is none that can be used. */
function neighbours(
  value: bigint,
  step: bigint,
  textOf: (value: bigint) => string,
): [near: string, next: string | null] {
  const below = toStep(value, step, 'floor')
  return below === 0n ? [textOf(step), null] : [textOf(below), textOf(below + step)]
}
