/** Announces changes of positions by toast, and by sound and notification if these are enabled. */

import { select, t } from '@lingui/core/macro'
import type { PlacedOrder } from '@/api/schema'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { assetInfo } from '@/markets'
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

export function announceClosed(position: ClosedPosition): void {
  if (told.has(position.orderId)) return
  told.add(position.orderId)
  const { closeReason, asset, orderType: side, qty, closePrice, finalPnl } = position
  const reason = CLOSE_REASONS[closeReason].sentence
  const size = sizeWords(asset, qty)
  const title = t`${reason}: ${select(side, { LONG: 'long', other: 'short' })} ${size}`
  const [price, pnl] = [format.price(asset, closePrice), format.signedUsd(finalPnl)]
  const net = format.signedUsd(netPnl(position))
  const detail = hasHadCosts(position)
    ? t`At ${price}, P&L ${pnl} USD, ${net} USD after costs`
    : t`At ${price}, P&L ${pnl} USD`
  toast(kindOf(position), title, detail)
  const sound = closeReason === 'MARGIN_CALL' ? 'liquidation' : finalPnl < 0n ? 'loss' : 'profit'
  signal({ title, detail, sound, isUrgent: closeReason !== 'MANUAL' })
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
  const { averagePriceInt } = order
  const price = averagePriceInt === null ? null : format.price(asset, BigInt(averagePriceInt))
  toast('success', title, partDetail(price, rest))
}

function partDetail(price: string | null, rest: Position | null): string {
  if (!rest) return price === null ? '' : t`At ${price}.`
  const { orderType: side } = rest
  const size = sizeWords(rest.asset, rest.qty)
  return price === null
    ? t`Still open: ${select(side, { LONG: 'long', other: 'short' })} ${size}.`
    : t`At ${price}. Still open: ${select(side, { LONG: 'long', other: 'short' })} ${size}.`
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
