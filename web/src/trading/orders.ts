/** Words about orders that rest or have ended. */

import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import type { OrderKind, PlacedOrder } from '@/api/schema'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { readResting, type RestingOrder } from '@/trading/account'
import type { News } from '@/trading/notices'

/** The names of the kinds of orders, in the page's language: known once its texts are loaded. */
export const KIND_NAMES: Readonly<Record<OrderKind, string>> = {
  get MARKET() {
    return t({ message: 'Market', context: 'order kind' })
  },
  get LIMIT() {
    return t({ message: 'Limit', context: 'order kind' })
  },
  get STOP_MARKET() {
    return t({ message: 'Stop', context: 'order kind' })
  },
  get STOP() {
    return t`Stop limit`
  },
  get TAKE_PROFIT_MARKET() {
    return t`Take-profit`
  },
  get TAKE_PROFIT() {
    return t`Take-profit limit`
  },
  get TRAILING_STOP_MARKET() {
    return t`Trailing stop`
  },
}

/** Describes an order: `Limit, buy 0.01000 BTC at 92,000.00`. */
export function describeOrder(order: RestingOrder): string {
  const { asset, triggerPrice, callbackBps } = order
  const kind = KIND_NAMES[order.kind]
  const act = actOf(order)
  if (callbackBps !== null) {
    const callback = format.bps(callbackBps)
    return t`${kind}, ${act}, ${callback} behind`
  }
  if (triggerPrice === null) return t`${kind}, ${act}`
  const trigger = format.price(asset, triggerPrice)
  return t`${kind}, ${act}, trigger ${trigger}`
}

/** What an order does, as a part of a list: `buy 0.01000 BTC at 92,000.00`. */
function actOf({ asset, side, qty, price }: RestingOrder): string {
  const { base } = assetInfo(asset)
  const size = qty === 0n ? t`all ${base}` : `${format.qty(asset, qty)} ${base}`
  if (price === null) return side === 'BUY' ? t`buy ${size}` : t`sell ${size}`
  const at = format.price(asset, price)
  return side === 'BUY' ? t`buy ${size} at ${at}` : t`sell ${size} at ${at}`
}

/** What is said of an order that expired for a reason. */
const REASONS: Record<NonNullable<PlacedOrder['reason']>, MessageDescriptor> = {
  TIME: msg`It expired: its time was over.`,
  POSITION_CLOSED: msg`It expired: its position is closed.`,
  NOT_MARKETABLE: msg`It expired: it could not be filled at once.`,
  WOULD_TAKE: msg`It expired: it would have filled at once.`,
  WOULD_NOT_REDUCE: msg`It expired: there was nothing to reduce.`,
  TOO_MANY_POSITIONS: msg`It expired: the account has too many positions.`,
  QUANTITY_TOO_SMALL: msg`It expired: its quantity was too small.`,
  AMOUNT_OUT_OF_RANGE: msg`It expired: an amount was out of range.`,
  INSUFFICIENT_BALANCE: msg`It expired: the free margin did not suffice.`,
  ORDER_ID_REUSED: msg`It expired: its id was used before.`,
  TRADING_PAUSED: msg`It expired: trading is paused.`,
  PRICE_LIMIT_EXCEEDED: msg`It expired: the price was beyond its limit.`,
  POSITION_TOO_LARGE: msg`It expired: the position would have been too large.`,
  OPEN_INTEREST_CAP: msg`It expired: the market has reached its cap.`,
  NOT_TRADING: msg`It expired: the market takes no such orders.`,
  NO_QUOTE: msg`It expired: there was no price in time.`,
}

/** Returns what the notices say of an order that has expired. */
export function expiryNews(order: PlacedOrder): News {
  const { orderId, asset, reason } = order
  const [words, why] = [describeOrder(readResting(order)), expiryWords(reason)]
  return {
    kind: 'order',
    tone: 'warning',
    title: t`Order expired`,
    detail: t`${words}. ${why}`,
    asset,
    id: `order:${orderId}`,
  }
}

/** Says why an order expired. */
export function expiryWords(reason: PlacedOrder['reason']): string {
  return reason === null ? t`It expired.` : i18n._(REASONS[reason])
}
