/** Words about orders that rest or have ended. */

import type { OrderKind, PlacedOrder } from '@/api/schema'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import { readResting, type RestingOrder } from '@/trading/account'
import type { News } from '@/trading/notices'

/** The names of the kinds of orders, as they are shown. */
export const KIND_NAMES: Record<OrderKind, string> = {
  MARKET: 'Market',
  LIMIT: 'Limit',
  STOP_MARKET: 'Stop',
  STOP: 'Stop limit',
  TAKE_PROFIT_MARKET: 'Take-profit',
  TAKE_PROFIT: 'Take-profit limit',
  TRAILING_STOP_MARKET: 'Trailing stop',
}

/** Describes an order: `limit, buy 0.01000 BTC at 92,000.00`. */
export function describeOrder(order: RestingOrder): string {
  const { asset, kind, side, qty, price, triggerPrice, callbackBps } = order
  const { base } = assetInfo(asset)
  const what = qty === 0n ? `all ${base}` : `${format.qty(asset, qty)} ${base}`
  const at = price === null ? '' : ` at ${format.price(asset, price)}`
  return `${KIND_NAMES[kind].toLowerCase()}, ${side.toLowerCase()} ${what}${at}${condition(asset, triggerPrice, callbackBps)}`
}

function condition(asset: Asset, trigger: bigint | null, callbackBps: number | null): string {
  if (callbackBps !== null) return `, ${format.bps(callbackBps)} behind`
  return trigger === null ? '' : `, trigger ${format.price(asset, trigger)}`
}

/** The reasons for which an order expired, as the end of a sentence. */
const REASONS: Record<NonNullable<PlacedOrder['reason']>, string> = {
  TIME: 'its time was over',
  POSITION_CLOSED: 'its position is closed',
  NOT_MARKETABLE: 'it could not be filled at once',
  WOULD_TAKE: 'it would have filled at once',
  WOULD_NOT_REDUCE: 'there was nothing to reduce',
  TOO_MANY_POSITIONS: 'the account has too many positions',
  QUANTITY_TOO_SMALL: 'its quantity was too small',
  AMOUNT_OUT_OF_RANGE: 'an amount was out of range',
  INSUFFICIENT_BALANCE: 'the free margin did not suffice',
  ORDER_ID_REUSED: 'its id was used before',
  TRADING_PAUSED: 'trading is paused',
  PRICE_LIMIT_EXCEEDED: 'the price was beyond its limit',
  POSITION_TOO_LARGE: 'the position would have been too large',
  OPEN_INTEREST_CAP: 'the market has reached its cap',
  NOT_TRADING: 'the market takes no such orders',
  NO_QUOTE: 'there was no price in time',
}

/** Returns what the notices say of an order that has expired. */
export function expiryNews(order: PlacedOrder): News {
  const words = format.capitalized(describeOrder(readResting(order)))
  const { orderId, asset, reason } = order
  const detail = `${words}. ${expiryWords(reason)}`
  return {
    kind: 'order',
    tone: 'warning',
    title: 'Order expired',
    detail,
    asset,
    id: `order:${orderId}`,
  }
}

/** Says why an order expired. */
export function expiryWords(reason: PlacedOrder['reason']): string {
  return reason === null ? 'It expired.' : `It expired: ${REASONS[reason]}.`
}
