/** Announces changes of positions by toast, and by sound and notification if these are enabled. */

import { select, t } from '@lingui/core/macro'
import type { Fill, PlacedOrder } from '@/api/schema'
import { withFill } from '@/features/positions/own-fills'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { PlacedEvent } from '@/live/frames'
import {
  type ClosedPosition,
  hasHadCosts,
  netPnl,
  type Position,
  readResting,
} from '@/trading/account'
import type { PriceAlert } from '@/trading/alerts'
import { notify } from '@/trading/notices'
import { describeOrder, expiryNews } from '@/trading/orders'
import { CLOSE_REASONS } from '@/trading/reasons'
import { signal } from '@/trading/signal'
import { toast } from '@/ui/toast'

/** The ids of announced closes: a response and an event report the same one. */
const told = new Set<string>()

/**
 * Announces that a position is closed, of which `last` was open. If that was only the rest of it, its
 * record has the totals, and the fill has what this close did.
 */
export function announceClosed(position: ClosedPosition, last: bigint | null): void {
  const { orderId, qty, closedAt } = position
  if (told.has(orderId)) return
  told.add(orderId)
  if (last === null || last >= qty) return tellClosed(position, position, wholeDetail(position))
  withFill(
    // Those of earlier parts are older.
    (fill) => fill.positionId === orderId && fill.executedAt >= closedAt,
    (fill) => {
      const total = totalWords(position)
      if (!fill) return tellClosed(position, { ...position, qty: last }, total)
      const close = readFill(fill)
      tellClosed(position, close, `${closeWords(position.asset, close)}. ${total}`)
    },
  )
}

/** What a close did. */
type Close = Pick<ClosedPosition, 'qty' | 'closePrice' | 'finalPnl'>

const readFill = ({ qtyInt, priceInt, realizedPnLInt }: Fill): Close => ({
  qty: BigInt(qtyInt),
  closePrice: BigInt(priceInt),
  finalPnl: BigInt(realizedPnLInt),
})

function tellClosed(position: ClosedPosition, { qty, finalPnl }: Close, detail: string): void {
  const { closeReason, asset, orderType: side } = position
  const reason = CLOSE_REASONS[closeReason].sentence
  const size = sizeWords(asset, qty)
  const title = t`${reason}: ${select(side, { LONG: 'long', other: 'short' })} ${size}`
  toast(kindOf(position), title, detail)
  const sound = closeReason === 'MARGIN_CALL' ? 'liquidation' : finalPnl < 0n ? 'loss' : 'profit'
  signal({ title, detail, sound, isUrgent: closeReason !== 'MANUAL' })
}

/** The price and the P&L of a position that was closed at once. */
function wholeDetail(position: ClosedPosition): string {
  if (!hasHadCosts(position)) return closeWords(position.asset, position)
  const price = format.price(position.asset, position.closePrice)
  const pnl = format.signedUsd(position.finalPnl)
  const net = format.signedUsd(netPnl(position))
  return t`At ${price}, P&L ${pnl} USD, ${net} USD after costs`
}

/** The P&L of a position that was closed in parts. */
function totalWords(position: ClosedPosition): string {
  const total = format.signedUsd(position.finalPnl)
  if (!hasHadCosts(position)) return t`Whole position: P&L ${total} USD`
  const net = format.signedUsd(netPnl(position))
  return t`Whole position: P&L ${total} USD, ${net} USD after costs`
}

function closeWords(asset: Asset, close: Pick<Close, 'closePrice' | 'finalPnl'>): string {
  const price = format.price(asset, close.closePrice)
  const pnl = format.signedUsd(close.finalPnl)
  return t`At ${price}, P&L ${pnl} USD`
}

/**
 * Announces that an order has closed a part of a position, and what is left of it if that is known.
 * An order that rests is announced by its event.
 */
export function announcePart(before: Position, order: PlacedOrder, rest: Position | null): void {
  if (order.status !== 'FILLED') return
  const { asset, orderType: side } = before
  const size = sizeWords(asset, BigInt(order.filledQtyInt))
  const title = t`Closed ${select(side, { LONG: 'long', other: 'short' })} ${size}`
  withFill(
    ({ orderId }) => orderId === order.orderId,
    (fill) => toast('success', title, partDetail(order, fill, rest)),
  )
}

/** The price of a part, its P&L if its fill is known, and what is left. */
function partDetail(
  { asset, averagePriceInt }: PlacedOrder,
  fill: Fill | null,
  rest: Position | null,
): string {
  const left = rest && restWords(rest)
  return [averagePriceInt && partWords(asset, BigInt(averagePriceInt), fill), left]
    .filter(Boolean)
    .join('. ')
}

function partWords(asset: Asset, closePrice: bigint, fill: Fill | null): string {
  if (fill) return closeWords(asset, { closePrice, finalPnl: BigInt(fill.realizedPnLInt) })
  const price = format.price(asset, closePrice)
  return t`At ${price}`
}

function restWords({ asset, orderType: side, qty }: Position): string {
  const size = sizeWords(asset, qty)
  return t`Still open: ${select(side, { LONG: 'long', other: 'short' })} ${size}.`
}

export function announceOpened(position: Position): void {
  const { asset, orderType: side, executionPrice, leverage } = position
  const size = sizeWords(asset, position.qty)
  const title = t`Opened ${select(side, { LONG: 'long', other: 'short' })} ${size}`
  const price = format.price(asset, executionPrice)
  const detail = t`At ${price}, ${leverage}×`
  toast('success', title, detail)
  signal({ title, detail, sound: 'fill', isUrgent: false })
}

/** Announces an order that rests from now on, or that has expired. Its fills are told by positions. */
export function announceOrder({ event, order }: PlacedEvent): void {
  const words = format.capitalized(describeOrder(readResting(order)))
  if (event === 'ORDER_ACCEPTED') toast('success', t`Order placed`, words)
  // The close of the position says enough.
  if (event === 'ORDER_EXPIRED' && order.reason !== 'POSITION_CLOSED') {
    notify({ ...expiryNews(order), sound: 'alert' })
  }
}

export function announceDanger(position: Position): void {
  const { asset, orderType: side, liquidationPrice } = position
  const { base } = assetInfo(asset)
  const title = t`${base} position close to liquidation`
  const size = sizeWords(asset, position.qty)
  const price = format.price(asset, liquidationPrice)
  const detail = t`Your ${select(side, { LONG: 'long', other: 'short' })} ${size} will be liquidated at ${price}.`
  notify({ kind: 'margin', tone: 'warning', title, detail, asset, sound: 'alert' })
}

export function announceAlert({ asset, price, isAbove }: PriceAlert): void {
  const { base } = assetInfo(asset)
  const at = format.price(asset, price)
  const title = t`Price alert: ${base} ${at}`
  const detail = isAbove ? t`${base} has risen to ${at}.` : t`${base} has fallen to ${at}.`
  notify({ kind: 'alert', tone: 'info', title, detail, asset, sound: 'alert' })
}

function kindOf({ closeReason }: ClosedPosition) {
  if (closeReason === 'MARGIN_CALL') return 'error'
  return closeReason === 'STOP_LOSS' ? 'warning' : 'success'
}
