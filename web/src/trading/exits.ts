/** Validation of the stop-loss and take-profit of an open position. */

import { t } from '@lingui/core/macro'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import {
  closePrice,
  type Side,
  type Quote,
  type StopLossProblem,
  stopLossProblem,
  takeProfitProblem,
} from '@/rules'
import type { Position } from '@/trading/account'

export type ExitName = 'stopLoss' | 'takeProfit'

/**
 * Returns the problem with moving an exit to this price; null if there is none. `quote` has the
 * prices that reach exits.
 */
export function exitProblem(
  position: Position,
  exit: ExitName,
  price: bigint,
  quote: Quote,
): string | null {
  const { orderType: side, asset, liquidationPrice } = position
  if (price <= 0n) return t`Must be above zero`
  const reference = closePrice(side, quote)
  if (exit === 'takeProfit') {
    const problem = takeProfitProblem(side, price, reference)
    return problem && takeProfitWords(side, asset, reference)
  }
  const problem = stopLossProblem(side, price, reference, liquidationPrice)
  return problem && stopLossWords(problem, side, asset, reference, liquidationPrice)
}

/** Describes the allowed range of a stop-loss, for its field. */
export function stopLossWords(
  problem: StopLossProblem,
  side: Side,
  asset: Asset,
  reference: bigint,
  liquidation: bigint,
): string {
  const isLong = side === 'LONG'
  if (problem === 'STOP_LOSS_WRONG_SIDE') {
    const price = format.price(asset, reference)
    const isMark = assetInfo(asset).triggerPrice === 'MARK'
    if (isMark) {
      return isLong
        ? t`Must be below the mark price, ${price}`
        : t`Must be above the mark price, ${price}`
    }
    return isLong ? t`Must be below the bid, ${price}` : t`Must be above the ask, ${price}`
  }
  const price = format.price(asset, liquidation)
  return isLong
    ? t`Must be above the liquidation price, ${price}`
    : t`Must be below the liquidation price, ${price}`
}

export function takeProfitWords(side: Side, asset: Asset, reference: bigint): string {
  const price = format.price(asset, reference)
  return side === 'LONG' ? t`Must be above ${price}` : t`Must be below ${price}`
}
