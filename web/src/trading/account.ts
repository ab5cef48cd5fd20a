/** The account's state in the page, and its transitions. Pure. */

import type {
  AccountState,
  BalanceSheet,
  CloseReason,
  ClosedOrder,
  OpenOrder,
  OrderKind,
  OrderSide,
  PlacedOrder,
  TimeInForce,
} from '@/api/schema'
import { fee } from '@/costs'
import type { OrderEvent } from '@/live/frames'
import type { Asset } from '@/markets'
import { closePrice, finalPnl, type Side, pnl, type Quote } from '@/rules'

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
  /** The fees of its fills so far. */
  commission: bigint
  /** The fundings so far, negative for what was paid. */
  funding: bigint
}

export type ClosedPosition = Position & {
  closePrice: bigint
  finalPnl: bigint
  shortfall: bigint
  liquidationFee: bigint
  closeReason: CloseReason
  closedAt: number
}

/** An order that rests; amounts at scale. */
export type RestingOrder = {
  orderId: string
  asset: Asset
  side: OrderSide
  kind: OrderKind
  timeInForce: TimeInForce
  /** Zero if it closes a whole position. */
  qty: bigint
  price: bigint | null
  /** The trigger price; of a trailing stop the activation price. */
  triggerPrice: bigint | null
  callbackBps: number | null
  /** The price at which an active trailing stop trades, if it is known. */
  stopPrice: bigint | null
  /** Whether its trigger or activation price has been reached. */
  isActivated: boolean
  isReduceOnly: boolean
  /** The position that it reduces, of an account whose positions are separate. */
  positionId: string | null
  /** The side of the position that it works for, of an account that hedges. */
  positionSide: Side | null
  stopLoss: bigint | null
  takeProfit: bigint | null
  reserved: bigint
  createdAt: number
}

export type Account = {
  /** Newest first. */
  positions: readonly Position[]
  /** Newest first. */
  orders: readonly RestingOrder[]
  /** The amount available as margin for new positions. */
  free: bigint
  usedMargin: bigint
  /** The amount reserved for resting orders. */
  reserved: bigint
  /** The number of the last known change; 0 after a fetch alone. */
  sequence: number
  /** The ids of recently closed positions, whose opening response may still arrive. */
  closedIds: readonly string[]
  /** The ids of recently ended orders, likewise. */
  endedIds: readonly string[]
}

const KEPT_IDS_MAX = 200

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
    commission: BigInt(order.commissionInt ?? '0'),
    funding: BigInt(order.fundingInt ?? '0'),
  }
}

export function readResting(order: PlacedOrder): RestingOrder {
  const amount = (text: string | null) => (text === null ? null : BigInt(text))
  return {
    orderId: order.orderId,
    asset: order.asset,
    side: order.side,
    kind: order.type,
    timeInForce: order.timeInForce,
    qty: BigInt(order.qtyInt),
    price: amount(order.priceInt),
    triggerPrice: amount(order.triggerPriceInt),
    callbackBps: order.callbackBps,
    stopPrice: amount(order.stopPriceInt),
    isActivated: order.activatedAt != null,
    isReduceOnly: order.reduceOnly || order.closePosition,
    positionId: order.positionId ?? null,
    positionSide: order.positionSide ?? null,
    stopLoss: amount(order.stopLossInt),
    takeProfit: amount(order.takeProfitInt),
    reserved: BigInt(order.reservedInt),
    createdAt: order.createdAt,
  }
}

export function readClosed(order: ClosedOrder): ClosedPosition {
  return {
    ...readPosition(order),
    closePrice: BigInt(order.closePriceInt),
    finalPnl: BigInt(order.finalPnLInt),
    shortfall: BigInt(order.shortfallInt),
    liquidationFee: BigInt(order.liquidationFeeInt ?? '0'),
    closeReason: order.closeReason,
    closedAt: order.closedAt,
  }
}

/** Builds the account from a fetch, which has no sequence; the known one is kept. */
export function fetched(
  positions: readonly OpenOrder[],
  orders: readonly PlacedOrder[],
  sheet: BalanceSheet,
  before: Account | undefined,
): Account {
  return {
    positions: positions.map(readPosition).toSorted(newestFirst),
    orders: orders.map(readResting).toSorted(newestFirst),
    free: BigInt(sheet.balanceInt),
    usedMargin: BigInt(sheet.usedMarginInt),
    reserved: BigInt(sheet.reservedInt ?? '0'),
    sequence: before?.sequence ?? 0,
    closedIds: before?.closedIds ?? [],
    endedIds: before?.endedIds ?? [],
  }
}

/** Applies an opened, modified or closed position from the socket or from a response. */
export function withOrder(account: Account, { event, order }: OrderEvent): Account {
  if (event === 'ORDER_CLOSED') return withoutPosition(account, order.orderId)
  const others = account.positions.filter((position) => position.orderId !== order.orderId)
  if (account.closedIds.includes(order.orderId)) return account
  return { ...account, positions: [readPosition(order), ...others].toSorted(newestFirst) }
}

/** Removes a position that is closed. */
export function withoutPosition(account: Account, orderId: string): Account {
  const positions = account.positions.filter((position) => position.orderId !== orderId)
  const closedIds = [orderId, ...account.closedIds].slice(0, KEPT_IDS_MAX)
  return { ...account, positions, closedIds }
}

/** Applies the state of an order from the socket or from a response. */
export function withPlaced(account: Account, order: PlacedOrder): Account {
  const others = account.orders.filter(({ orderId }) => orderId !== order.orderId)
  if (order.status !== 'NEW') {
    const endedIds = [order.orderId, ...account.endedIds].slice(0, KEPT_IDS_MAX)
    return { ...account, orders: others, endedIds }
  }
  if (account.endedIds.includes(order.orderId)) return account
  return { ...account, orders: [readResting(order), ...others].toSorted(newestFirst) }
}

/** Applies a balance unless it is older than the known one, by its sequence. */
export function withBalance(account: Account, state: AccountState): Account {
  if (state.sequence < account.sequence) return account
  return {
    ...account,
    free: BigInt(state.balanceInt),
    usedMargin: BigInt(state.usedMarginInt),
    reserved: BigInt(state.reservedInt ?? '0'),
    sequence: state.sequence,
  }
}

/** Returns all fees of a position so far. */
export function feesOf(
  position: Pick<Position, 'commission'> | Pick<ClosedPosition, 'commission' | 'liquidationFee'>,
): bigint {
  return position.commission + ('liquidationFee' in position ? position.liquidationFee : 0n)
}

/** Returns what a position has cost so far, beside its P&L: fees less fundings. */
export function costsOf(position: Position | ClosedPosition): bigint {
  return feesOf(position) - position.funding
}

/** Reports whether a position has had fees or fundings. */
export function hasHadCosts(position: Position | ClosedPosition): boolean {
  return feesOf(position) !== 0n || position.funding !== 0n
}

/** Returns the P&L of a closed position after fees and fundings. */
export function netPnl(position: ClosedPosition): bigint {
  return position.finalPnl - costsOf(position)
}

/** Returns the P&L of a position if it were closed at this quote. */
export function pnlAt(position: Position, quote: Quote): bigint {
  const close = closePrice(position.orderType, quote)
  return pnl(position.orderType, position.qty, position.executionPrice, close)
}

/** What a close would give. */
export type Closing = {
  /** The fee of the close. */
  fee: bigint
  /** The P&L after that fee and all that the position has cost before. */
  net: bigint
}

/** Returns what a close at this quote would give. Its fee is at most what is left of the margin. */
export function closingAt(position: Position, quote: Quote, takerFeePpm: number): Closing {
  const gross = finalPnl(pnlAt(position, quote), position.margin)
  const left = position.margin + gross
  const full = fee(position.qty, closePrice(position.orderType, quote), takerFeePpm)
  const taken = full < left ? full : left
  return { fee: taken, net: gross - taken - costsOf(position) }
}

/** The total result of closing several positions. */
export type ClosingTotal = { pnl: bigint; fees: bigint }

/** Returns what closes at the quotes would give; null while the price of a position is missing. */
export function closingTotal(
  positions: readonly Position[],
  quoteOf: (asset: Asset) => Quote | null,
  takerFeePpmOf: (asset: Asset) => number,
): ClosingTotal | null {
  const total = { pnl: 0n, fees: 0n }
  for (const position of positions) {
    const quote = quoteOf(position.asset)
    if (!quote) return null
    total.pnl += finalPnl(pnlAt(position, quote), position.margin)
    total.fees += closingAt(position, quote, takerFeePpmOf(position.asset)).fee
  }
  return total
}

/** Returns the assets of the positions, each once. */
export function assetsOf(positions: readonly Position[]): Asset[] {
  return [...new Set(positions.map(({ asset }) => asset))]
}

/** Returns the sum of unrealized P&L; null while the price of a position is missing. */
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

type Dated = { orderId: string; createdAt: number }

function newestFirst(a: Dated, b: Dated): number {
  return b.createdAt - a.createdAt || (a.orderId < b.orderId ? 1 : -1)
}
