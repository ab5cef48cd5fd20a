/** An account as the page knows it, and what changes it. Pure: nothing here asks a server. */

import type { AccountState, BalanceSheet, CloseReason, ClosedOrder, OpenOrder } from '@/api/schema'
import type { Asset } from '@/assets'
import type { OrderEvent } from '@/live/frames'
import { closePrice, type Side, pnl, type Quote } from '@/rules'

/** An open position; amounts at scale. */
export type Position = {
  orderId: string
  asset: Asset
  orderType: Side
  leverage: number
  qty: bigint
  margin: bigint
  executionPrice: bigint
  liquidationPrice: bigint
  stopLoss: bigint | null
  takeProfit: bigint | null
  createdAt: number
}

export type ClosedPosition = Position & {
  closePrice: bigint
  finalPnl: bigint
  shortfall: bigint
  closeReason: CloseReason
  closedAt: number
}

export type Account = {
  /** Newest first. */
  positions: readonly Position[]
  /** What new positions may take their margin from. */
  free: bigint
  usedMargin: bigint
  /** Of the last change that is known; 0 when only a fetch was. */
  sequence: number
  /** Closed lately: the answer that opened one of them may still be on its way. */
  closedIds: readonly string[]
}

const CLOSED_IDS_MAX = 200

export function readPosition(order: OpenOrder | ClosedOrder): Position {
  return {
    orderId: order.orderId,
    asset: order.asset,
    orderType: order.orderType,
    leverage: order.leverage,
    qty: BigInt(order.qtyInt),
    margin: BigInt(order.marginInt),
    executionPrice: BigInt(order.executionPriceInt),
    liquidationPrice: BigInt(order.liquidationPriceInt),
    stopLoss: order.stopLossInt === null ? null : BigInt(order.stopLossInt),
    takeProfit: order.takeProfitInt === null ? null : BigInt(order.takeProfitInt),
    createdAt: order.createdAt,
  }
}

export function readClosed(order: ClosedOrder): ClosedPosition {
  return {
    ...readPosition(order),
    closePrice: BigInt(order.closePriceInt),
    finalPnl: BigInt(order.finalPnLInt),
    shortfall: BigInt(order.shortfallInt),
    closeReason: order.closeReason,
    closedAt: order.closedAt,
  }
}

/** What a fetch found; it knows of no sequence, so what was known of it stays. */
export function fetched(
  orders: readonly OpenOrder[],
  sheet: BalanceSheet,
  before: Account | undefined,
): Account {
  return {
    positions: orders.map(readPosition).toSorted(newestFirst),
    free: BigInt(sheet.balanceInt),
    usedMargin: BigInt(sheet.usedMarginInt),
    sequence: before?.sequence ?? 0,
    closedIds: before?.closedIds ?? [],
  }
}

/** A position was opened, modified or closed, as the socket or an answer says. */
export function withOrder(account: Account, { event, order }: OrderEvent): Account {
  const others = account.positions.filter((position) => position.orderId !== order.orderId)
  if (event === 'ORDER_CLOSED') {
    const closedIds = [order.orderId, ...account.closedIds].slice(0, CLOSED_IDS_MAX)
    return { ...account, positions: others, closedIds }
  }
  if (account.closedIds.includes(order.orderId)) return account
  return { ...account, positions: [readPosition(order), ...others].toSorted(newestFirst) }
}

/** Balances carry the number of their change, so that an older one never replaces a newer one. */
export function withBalance(account: Account, state: AccountState): Account {
  if (state.sequence < account.sequence) return account
  return {
    ...account,
    free: BigInt(state.balanceInt),
    usedMargin: BigInt(state.usedMarginInt),
    sequence: state.sequence,
  }
}

/** What a position would give if it were closed at this quote. */
export function pnlAt(position: Position, quote: Quote): bigint {
  const close = closePrice(position.orderType, quote)
  return pnl(position.orderType, position.qty, position.executionPrice, close)
}

/** Null as long as the price of one of the positions is missing. */
export function unrealizedPnl(
  positions: readonly Position[],
  quoteOf: (asset: Asset) => Quote | null,
): bigint | null {
  let sum = 0n
  for (const position of positions) {
    const quote = quoteOf(position.asset)
    if (!quote) return null
    sum += pnlAt(position, quote)
  }
  return sum
}

function newestFirst(a: Position, b: Position): number {
  return b.createdAt - a.createdAt || (a.orderId < b.orderId ? 1 : -1)
}
