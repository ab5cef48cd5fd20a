/** Announces changes of positions by toast, and by sound and notification if these are enabled. */

import type { PlacedOrder } from '@/api/schema'
import { describe } from '@/features/positions/words'
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
  const { closeReason, asset, closePrice, finalPnl } = position
  const { sentence } = CLOSE_REASONS[closeReason]
  const title = `${sentence}: ${describe(position)}`
  const net = hasHadCosts(position) ? `, ${format.signedUsd(netPnl(position))} USD after costs` : ''
  const detail = `At ${format.price(asset, closePrice)}, P&L ${format.signedUsd(finalPnl)} USD${net}`
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
  const part = { ...before, qty: BigInt(order.filledQtyInt) }
  const price = order.averagePriceInt
  const at = price === null ? '' : `At ${format.price(before.asset, BigInt(price))}. `
  const open = rest ? `Still open: ${describe(rest)}.` : ''
  toast('success', `Closed ${describe(part)}`, at + open)
}

export function announceOpened(position: Position): void {
  const { asset, executionPrice } = position
  const title = `Opened ${describe(position)}`
  const detail = `At ${format.price(asset, executionPrice)}, ${position.leverage}×`
  toast('success', title, detail)
  signal({ title, detail, sound: 'fill', isUrgent: false })
}

/** Announces an order that rests from now on, or that has expired. Its fills are told by positions. */
export function announceOrder({ event, order }: PlacedEvent): void {
  const words = format.capitalized(describeOrder(readResting(order)))
  if (event === 'ORDER_ACCEPTED') toast('success', 'Order placed', words)
  // The close of the position says enough.
  if (event === 'ORDER_EXPIRED' && order.reason !== 'POSITION_CLOSED') {
    notify({ ...expiryNews(order), sound: 'alert' })
  }
}

export function announceDanger(position: Position): void {
  const { asset, liquidationPrice } = position
  const title = `${assetInfo(asset).base} position close to liquidation`
  const price = format.price(asset, liquidationPrice)
  const detail = `Your ${describe(position)} will be liquidated at ${price}.`
  notify({ kind: 'margin', tone: 'warning', title, detail, asset, sound: 'alert' })
}

export function announceAlert({ asset, price, isAbove }: PriceAlert): void {
  const { base } = assetInfo(asset)
  const at = format.price(asset, price)
  const title = `Price alert: ${base} ${at}`
  const detail = isAbove ? `${base} has risen to ${at}.` : `${base} has fallen to ${at}.`
  notify({ kind: 'alert', tone: 'info', title, detail, asset, sound: 'alert' })
}

function kindOf({ closeReason }: ClosedPosition) {
  if (closeReason === 'MARGIN_CALL') return 'error'
  return closeReason === 'STOP_LOSS' ? 'warning' : 'success'
}
