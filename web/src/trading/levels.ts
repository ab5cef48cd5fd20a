/** The take-profit and stop-loss levels of a position: those attached to it, and orders. Pure. */

import type { PlaceRequest } from '@/api/schema'
import { mulDiv, print, SCALE } from '@/decimal'
import type { Position, RestingOrder } from '@/trading/account'
import type { ExitName } from '@/trading/exits'

export type Level = {
  exit: ExitName
  price: bigint
  /** At most the quantity of the position. */
  qty: bigint
  /** Null of the level that is attached to the position, and closes all of it. */
  order: RestingOrder | null
}

const EXIT_OF: Partial<Record<RestingOrder['kind'], ExitName>> = {
  TAKE_PROFIT_MARKET: 'takeProfit',
  TAKE_PROFIT: 'takeProfit',
  STOP_MARKET: 'stopLoss',
  STOP: 'stopLoss',
}

/** Returns the side of the orders that reduce a position. */
export function reducingSide({ orderType }: Pick<Position, 'orderType'>): 'BUY' | 'SELL' {
  return orderType === 'LONG' ? 'SELL' : 'BUY'
}

/** Reports whether an order reduces this position. */
export function isOf(position: Position, order: RestingOrder): boolean {
  return (
    order.isReduceOnly &&
    order.asset === position.asset &&
    order.side === reducingSide(position) &&
    (order.positionId === null || order.positionId === position.orderId) &&
    (order.positionSide === null || order.positionSide === position.orderType)
  )
}

/** Returns the levels of a position: take-profits, then stop-losses, each from the nearest on. */
export function levelsOf(position: Position, orders: readonly RestingOrder[]): Level[] {
  const levels: Level[] = (['takeProfit', 'stopLoss'] as const).flatMap((exit) => {
    const price = position[exit]
    return price === null ? [] : [{ exit, price, qty: position.qty, order: null }]
  })
  for (const order of orders) {
    const exit = EXIT_OF[order.kind]
    if (!exit || order.triggerPrice === null || order.isActivated || !isOf(position, order))
      continue
    const qty = order.qty === 0n || order.qty > position.qty ? position.qty : order.qty
    levels.push({ exit, price: order.triggerPrice, qty, order })
  }
  const isLong = position.orderType === 'LONG'
  return levels.toSorted((a, b) => {
    if (a.exit !== b.exit) return a.exit === 'takeProfit' ? -1 : 1
    const risesFirst = (a.exit === 'takeProfit') === isLong
    const order = a.price < b.price ? -1 : a.price > b.price ? 1 : 0
    return risesFirst ? order : -order
  })
}

/** Returns the share of the position that the levels of one kind close together, at scale. */
export function shareCovered(position: Position, levels: readonly Level[], exit: ExitName): bigint {
  const qty = levels.reduce((sum, level) => (level.exit === exit ? sum + level.qty : sum), 0n)
  return mulDiv(qty, SCALE, position.qty, 'floor')
}

/** The order that is a further level of a position. */
export function levelOrder(
  position: Position,
  exit: ExitName,
  price: bigint,
  qty: bigint,
  mode: string,
): PlaceRequest {
  return { ...levelTerms(position, { exit, price, qty }, mode), positionId: position.orderId }
}

/** The order of a level, which may be one of a position that is still to be opened. */
export function levelTerms(
  position: Pick<Position, 'asset' | 'orderType'>,
  { exit, price, qty }: Pick<Level, 'exit' | 'price' | 'qty'>,
  mode: string,
): PlaceRequest {
  return {
    asset: position.asset,
    side: reducingSide(position),
    type: exit === 'takeProfit' ? 'TAKE_PROFIT_MARKET' : 'STOP_MARKET',
    qty: print(qty),
    triggerPrice: print(price),
    reduceOnly: true,
    ...(mode === 'hedge' ? { positionSide: position.orderType } : {}),
  }
}
