/** A change of a position's margin: what was typed, and what it leads to. Pure. */

import { t } from '@lingui/core/macro'
import { liquidationWithMargin } from '@/costs'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { closePrice, isWorse, margin as leastMargin, type Quote } from '@/rules'
import type { Position } from '@/trading/account'
import { readAbove } from '@/trading/read-amount'

export type Direction = 'add' | 'remove'

export type MarginRead = {
  /** The change, below zero for a removal; null if it can't be made. */
  amount: bigint | null
  /** The margin after the change. */
  margin: bigint | null
  /** The liquidation price after the change; null if it isn't known. */
  liquidation: bigint | null
  problem: string | null
  /** What the change would make useless; null if nothing. */
  warning: string | null
}

/** Returns what can be taken from the margin: what is more than its leverage asks for. */
export function removable({ qty, executionPrice, leverage, margin }: Position): bigint {
  const spare = margin - leastMargin(qty, executionPrice, leverage)
  return spare > 0n ? spare : 0n
}

/** Reads a change. `free` is the free margin, `quote` has the prices that liquidate. */
export function readMargin(
  position: Position,
  direction: Direction,
  text: string,
  free: bigint,
  quote: Quote | null,
): MarginRead {
  const unread = (problem: string): MarginRead => ({
    amount: null,
    margin: null,
    liquidation: null,
    problem,
    warning: null,
  })
  if (text.trim() === '') return unread(t`Enter an amount`)
  const { value, problem } = readAbove(text)
  if (value === null) return unread(problem)
  const most = direction === 'add' ? free : removable(position)
  if (value > most) return unread(tooMuch(position, direction, most))

  const amount = direction === 'add' ? value : -value
  const margin = position.margin + amount
  const { asset, orderType: side, executionPrice, qty } = position
  const liquidation = liquidationWithMargin(assetInfo(asset), side, executionPrice, margin, qty)
  const isReached =
    liquidation !== null && quote && !isWorse(side, liquidation, closePrice(side, quote))
  if (isReached) {
    const at = format.price(asset, liquidation)
    return unread(t`Would be liquidated at once, at ${at}`)
  }
  const warning = liquidation === null ? null : uselessStop(position, liquidation)
  return { amount, margin, liquidation, problem: null, warning }
}

/** Says that a stop-loss would come after the liquidation. */
function uselessStop(position: Position, liquidation: bigint): string | null {
  const { asset, orderType: side, stopLoss } = position
  if (stopLoss === null || isWorse(side, liquidation, stopLoss)) return null
  const stop = format.price(asset, stopLoss)
  const at = format.price(asset, liquidation)
  return t`The stop-loss at ${stop} would be beyond the liquidation price: the position would be liquidated at ${at} first.`
}

function tooMuch({ leverage }: Position, direction: Direction, most: bigint): string {
  const mostUsd = format.usd(most)
  if (direction === 'add') return t`Only ${mostUsd} USD is free`
  return most === 0n
    ? t`Nothing can be removed: ${leverage}× needs the rest`
    : t`At most ${mostUsd} USD: ${leverage}× needs the rest`
}
