/** Detection of positions that are close to liquidation. */

import { SCALE } from '@/decimal'
import { oncePerFrame } from '@/live/frame-clock'
import { liquidatingQuote } from '@/live/marks'
import { subscribeEveryQuote } from '@/live/prices'
import type { Asset } from '@/markets'
import { closePrice, liquidationRoom, type Quote } from '@/rules'
import { settings } from '@/settings'
import { createStore } from '@/store'
import type { Account, Position } from '@/trading/account'

/** The order ids of positions close to liquidation, in the order of the positions. */
export const endangered = createStore<readonly string[]>([])

/** The hysteresis (per cent) before a position counts as safe; avoids repeated warnings. */
const SAFE_AGAIN_PERCENT = 5

export function percentRatio(percent: number): bigint {
  return (SCALE * BigInt(percent)) / 100n
}

/** Returns the positions within the share, with hysteresis for those in `before`. Pure. */
export function nearLiquidation(
  positions: readonly Position[],
  quoteOf: (asset: Asset) => Quote | null,
  warnPercent: number,
  before: readonly string[],
): string[] {
  const isNear = (position: Position) => {
    const quote = quoteOf(position.asset)
    if (!quote) return false
    const close = closePrice(position.orderType, quote)
    const room = liquidationRoom(position.executionPrice, position.liquidationPrice, close)
    const margin = before.includes(position.orderId) ? SAFE_AGAIN_PERCENT : 0
    return room <= percentRatio(warnPercent + margin)
  }
  return positions.filter(isNear).map((position) => position.orderId)
}

/** Keeps `endangered` up to date and calls back once for each position that comes close. */
export function watchLiquidation(
  account: () => Account | undefined,
  onDanger: (position: Position) => void,
): () => void {
  const look = oncePerFrame(() => {
    const positions = account()?.positions ?? []
    const before = endangered.get()
    const now = nearLiquidation(positions, liquidatingQuote, settings.get().warnPercent, before)
    if (now.length === before.length && now.every((id, i) => id === before[i])) return
    endangered.set(now)
    for (const position of positions) {
      const { orderId } = position
      if (now.includes(orderId) && !before.includes(orderId)) onDanger(position)
    }
  })
  return subscribeEveryQuote(look)
}
