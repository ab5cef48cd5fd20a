/** The lines of the chart: what each one is, and what it becomes when it is moved. Pure. */

import type { OrderKind } from '@/api/schema'
import type { Asset } from '@/markets'
import { closePrice, finalPnl, isWorse, type Quote, pnl } from '@/rules'
import type { Position, RestingOrder } from '@/trading/account'
import type { PriceAlert } from '@/trading/alerts'
import type { ExitName } from '@/trading/exits'

/** The price of an order that its line shows. */
export type OrderField = 'price' | 'triggerPrice' | 'stopPrice'

/** What a line is about. */
export type Subject =
  | { kind: 'entry'; position: Position }
  | { kind: 'liquidation'; position: Position }
  | { kind: 'exit'; position: Position; exit: ExitName }
  | { kind: 'order'; order: RestingOrder; field: OrderField }
  | { kind: 'alert'; alert: PriceAlert }
  | { kind: 'bid' | 'ask' | 'last' }

export type Line = Subject & {
  id: string
  /** Kind and side: the lines of a group. */
  key: LineKey
  price: bigint
}

export type LineKey =
  | `${'entry' | 'liquidation' | ExitName} ${Position['orderType']}`
  | `${OrderGroup} ${RestingOrder['side']}`
  | 'alert'
  | 'bid'
  | 'ask'
  | 'last'

export type OrderGroup = 'limit' | 'stop' | 'profit' | 'trailing'

const GROUPS: Record<OrderKind, OrderGroup> = {
  MARKET: 'limit',
  LIMIT: 'limit',
  STOP_MARKET: 'stop',
  STOP: 'stop',
  TAKE_PROFIT_MARKET: 'profit',
  TAKE_PROFIT: 'profit',
  TRAILING_STOP_MARKET: 'trailing',
}

/** A line with the price that is proposed for it. */
export type LineMove =
  | { kind: 'exit'; position: Position; exit: ExitName; price: bigint }
  | { kind: 'order'; order: RestingOrder; field: 'price' | 'triggerPrice'; price: bigint }
  | { kind: 'alert'; alert: PriceAlert; price: bigint }

export type ExitMove = Extract<LineMove, { kind: 'exit' }>
export type OrderMove = Extract<LineMove, { kind: 'order' }>

export function linesOfPosition(position: Position): Line[] {
  const { orderId, orderType, executionPrice, liquidationPrice } = position
  const exit = (name: ExitName): Line[] => {
    const price = position[name]
    const id = exitId(position, name)
    return price === null
      ? []
      : [{ kind: 'exit', position, exit: name, id, key: `${name} ${orderType}`, price }]
  }
  return [
    ...exit('takeProfit'),
    ...exit('stopLoss'),
    {
      kind: 'entry',
      position,
      id: `entry ${orderId}`,
      key: `entry ${orderType}`,
      price: executionPrice,
    },
    {
      kind: 'liquidation',
      position,
      id: `liquidation ${orderId}`,
      key: `liquidation ${orderType}`,
      price: liquidationPrice,
    },
  ]
}

const exitId = ({ orderId }: Position, exit: ExitName) => `${exit} ${orderId}`
const orderLineId = ({ orderId }: RestingOrder, field: OrderField) => `${field} ${orderId}`

/** A stop limit has two lines; an order whose price is not known has none. */
export function linesOfOrder(order: RestingOrder): Line[] {
  const { kind, side, stopPrice, triggerPrice, price } = order
  const group = GROUPS[kind]
  const line = (field: OrderField, at: bigint | null, of: OrderGroup): Line[] =>
    at === null
      ? []
      : [
          {
            kind: 'order',
            order,
            field,
            id: orderLineId(order, field),
            key: `${of} ${side}`,
            price: at,
          },
        ]
  const trigger =
    stopPrice === null
      ? line('triggerPrice', triggerPrice, group)
      : line('stopPrice', stopPrice, group)
  return [...trigger, ...line('price', price, 'limit')]
}

export function lineOfAlert(alert: PriceAlert): Line {
  return { kind: 'alert', alert, id: `alert ${alert.id}`, key: 'alert', price: alert.price }
}

/** The importance of labels where there is no room for all. */
const RANKS = [
  'takeProfit',
  'stopLoss',
  'entry',
  'liquidation',
  'limit',
  'stop',
  'profit',
  'trailing',
  'alert',
  'last',
  'ask',
  'bid',
]

export function rankOf({ key }: Line): number {
  return RANKS.indexOf(key.split(' ')[0] ?? '')
}

/** Reports whether a line can be moved, or, of an entry, an exit be drawn from it. */
export function isMovable(line: Line): boolean {
  if (line.kind === 'order') return line.field !== 'stopPrice'
  return line.kind === 'entry' || line.kind === 'exit' || line.kind === 'alert'
}

/** Reports whether a line can be removed: an order canceled, an exit or an alert deleted. */
export function isRemovable({ kind }: Line): boolean {
  return kind === 'exit' || kind === 'order' || kind === 'alert'
}

/**
 * Returns what a line becomes at a price; null for a line that stays where it is. From an entry a
 * new exit is drawn. `quote` has the prices that reach exits.
 */
export function movedTo(line: Line, price: bigint, quote: Quote | null): LineMove | null {
  switch (line.kind) {
    case 'exit':
      return { kind: 'exit', position: line.position, exit: line.exit, price }
    case 'entry': {
      const { position } = line
      return { kind: 'exit', position, exit: newExit(position, price, quote), price }
    }
    case 'order':
      if (line.field === 'stopPrice') return null
      return { kind: 'order', order: line.order, field: line.field, price }
    case 'alert':
      return { kind: 'alert', alert: line.alert, price }
    default:
      return null
  }
}

/** Returns the kind of a new exit, by the current price: a stop-loss may be in profit. */
export function newExit(
  { orderType, executionPrice }: Pick<Position, 'orderType' | 'executionPrice'>,
  price: bigint,
  quote: Quote | null,
): ExitName {
  const reference = quote ? closePrice(orderType, quote) : executionPrice
  return isWorse(orderType, price, reference) ? 'stopLoss' : 'takeProfit'
}

/** Returns the line of a move. */
export function lineOfMove(move: LineMove): Line {
  const { price } = move
  switch (move.kind) {
    case 'exit': {
      const { position, exit } = move
      const key = `${exit} ${position.orderType}` as const
      return { ...move, id: exitId(position, exit), key, price }
    }
    case 'order': {
      const { order, field } = move
      const group = field === 'price' ? 'limit' : GROUPS[order.kind]
      return { ...move, id: orderLineId(order, field), key: `${group} ${order.side}`, price }
    }
    case 'alert':
      return { ...lineOfAlert(move.alert), price }
  }
}

/** Returns the lines with one of them moved, or with a new one. */
export function withMove(lines: readonly Line[], move: LineMove | null): Line[] {
  if (!move) return [...lines]
  const moved = lineOfMove(move)
  return [moved, ...lines.filter(({ id }) => id !== moved.id)]
}

/** Returns where the line of a move was; null for a new one. */
export function priceBefore(move: LineMove): bigint | null {
  if (move.kind === 'exit') return move.position[move.exit]
  return move.kind === 'order' ? move.order[move.field] : move.alert.price
}

export function exitPnl(
  { orderType, qty, executionPrice, margin }: Position,
  price: bigint,
): bigint {
  return finalPnl(pnl(orderType, qty, executionPrice, price), margin)
}

/** Returns the asset of a move. */
export function assetOf(move: LineMove): Asset {
  if (move.kind === 'exit') return move.position.asset
  return move.kind === 'order' ? move.order.asset : move.alert.asset
}
