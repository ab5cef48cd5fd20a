/** The words of lines and of groups of lines. */

import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, plural, t } from '@lingui/core/macro'
import type { OrderKind, OrderSide } from '@/api/schema'
import { abs, mulDiv, SCALE } from '@/decimal'
import { exitPnl, type Line, type LineKey } from '@/features/chart/line-items'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { Quote } from '@/rules'
import { pnlAt, type RestingOrder } from '@/trading/account'

/** The words of several lines of a kind and side. */
const GROUP_WORDS: Record<LineKey, (count: number) => string> = {
  'entry LONG': (n) => plural(n, { one: '# long', other: '# longs' }),
  'entry SHORT': (n) => plural(n, { one: '# short', other: '# shorts' }),
  'liquidation LONG': (n) => plural(n, { one: '# long liquidation', other: '# long liquidations' }),
  'liquidation SHORT': (n) =>
    plural(n, { one: '# short liquidation', other: '# short liquidations' }),
  'stopLoss LONG': (n) => plural(n, { one: '# stop-loss', other: '# stop-losses' }),
  'stopLoss SHORT': (n) => plural(n, { one: '# stop-loss', other: '# stop-losses' }),
  'takeProfit LONG': (n) => plural(n, { one: '# take-profit', other: '# take-profits' }),
  'takeProfit SHORT': (n) => plural(n, { one: '# take-profit', other: '# take-profits' }),
  'limit BUY': (n) => plural(n, { one: '# buy limit', other: '# buy limits' }),
  'limit SELL': (n) => plural(n, { one: '# sell limit', other: '# sell limits' }),
  'stop BUY': (n) => plural(n, { one: '# buy stop', other: '# buy stops' }),
  'stop SELL': (n) => plural(n, { one: '# sell stop', other: '# sell stops' }),
  'profit BUY': (n) => plural(n, { one: '# take-profit buy', other: '# take-profit buys' }),
  'profit SELL': (n) => plural(n, { one: '# take-profit sell', other: '# take-profit sells' }),
  'trailing BUY': (n) => plural(n, { one: '# trailing buy', other: '# trailing buys' }),
  'trailing SELL': (n) => plural(n, { one: '# trailing sell', other: '# trailing sells' }),
  alert: (n) => plural(n, { one: '# alert', other: '# alerts' }),
  bid: () => t`Bid`,
  ask: () => t`Ask`,
  last: () => t`Price`,
}

export function groupWords(key: LineKey, count: number): string {
  return GROUP_WORDS[key](count)
}

/** The words of a label, without its figure. */
export function lineWords(line: Line, isShort = false): string {
  switch (line.kind) {
    case 'entry':
      return entryWords(line.position.orderType === 'LONG', sizeOf(line.position))
    case 'exit':
      return line.exit === 'stopLoss' ? t`SL` : t`TP`
    case 'liquidation':
      return t`Liquidation`
    case 'order':
      return orderWords(line.order, line.field === 'price', isShort)
    case 'alert':
      return t`Alert`
    case 'bid':
      return t`Bid`
    case 'ask':
      return t`Ask`
    case 'last':
      return t`Price`
  }
}

function entryWords(isLong: boolean, size: string): string {
  return isLong ? t`Long ${size}` : t`Short ${size}`
}

const sizeOf = ({ asset, qty }: { asset: Asset; qty: bigint }) => format.qty(asset, qty)

/** The kinds of orders with their sides. */
const ORDER_WORDS: Record<OrderKind, Record<OrderSide, MessageDescriptor>> = {
  MARKET: { BUY: msg`Market buy`, SELL: msg`Market sell` },
  LIMIT: { BUY: msg`Limit buy`, SELL: msg`Limit sell` },
  STOP_MARKET: { BUY: msg`Stop buy`, SELL: msg`Stop sell` },
  STOP: { BUY: msg`Stop limit buy`, SELL: msg`Stop limit sell` },
  TAKE_PROFIT_MARKET: { BUY: msg`Take-profit buy`, SELL: msg`Take-profit sell` },
  TAKE_PROFIT: { BUY: msg`Take-profit limit buy`, SELL: msg`Take-profit limit sell` },
  TRAILING_STOP_MARKET: { BUY: msg`Trailing stop buy`, SELL: msg`Trailing stop sell` },
}

function orderWords(order: RestingOrder, isLimit: boolean, isShort: boolean): string {
  const { kind, side, qty } = order
  if (isLimit && kind !== 'LIMIT') return t`Limit of the stop`
  const what = i18n._(ORDER_WORDS[kind][side])
  return qty === 0n || isShort ? what : `${what} ${sizeOf(order)}`
}

/** What follows the words of a label for who does not see where the line is. */
export function lineDetail(line: Line): string {
  if (line.kind === 'bid' || line.kind === 'ask' || line.kind === 'last') return ''
  const asset = assetOfLine(line)
  const price = format.price(asset, line.price)
  const { base } = assetInfo(asset)
  if (line.kind === 'entry') return t`${base}, entry at ${price}`
  if (line.kind !== 'exit' && line.kind !== 'liquidation') return t`at ${price}`
  const size = `${sizeOf(line.position)} ${base}`
  const isLong = line.position.orderType === 'LONG'
  if (line.kind === 'liquidation') {
    return isLong
      ? t({ message: `of the long of ${size} at ${price}`, context: 'liquidation' })
      : t({ message: `of the short of ${size} at ${price}`, context: 'liquidation' })
  }
  if (line.exit === 'stopLoss') {
    return isLong
      ? t`stop-loss of the long of ${size} at ${price}`
      : t`stop-loss of the short of ${size} at ${price}`
  }
  return isLong
    ? t`take-profit of the long of ${size} at ${price}`
    : t`take-profit of the short of ${size} at ${price}`
}

export function assetOfLine(line: Line): Asset {
  if (line.kind === 'order') return line.order.asset
  if (line.kind === 'alert') return line.alert.asset
  return 'position' in line ? line.position.asset : ''
}

/** The name of the button that removes a line. */
export function removalName(line: Line): string {
  if (line.kind === 'order') {
    const order = orderWords(line.order, false, false)
    return t`Cancel ${order}`
  }
  if (line.kind === 'alert') {
    const price = format.price(line.alert.asset, line.price)
    return t`Delete alert at ${price}`
  }
  if (line.kind !== 'exit') return ''
  const { position, exit } = line
  const size = `${sizeOf(position)} ${assetInfo(position.asset).base}`
  const isLong = position.orderType === 'LONG'
  if (exit === 'stopLoss') {
    return isLong
      ? t`Remove stop-loss of the long of ${size}`
      : t`Remove stop-loss of the short of ${size}`
  }
  return isLong
    ? t`Remove take-profit of the long of ${size}`
    : t`Remove take-profit of the short of ${size}`
}

/** A gain or loss beside the words of a label: live at an entry, at its price at an exit. */
export function figureOf(lines: readonly Line[], quote: Quote | null): bigint | null {
  let sum: bigint | null = null
  for (const line of lines) {
    if (line.kind === 'exit') sum = (sum ?? 0n) + exitPnl(line.position, line.price)
    if (line.kind === 'entry' && quote) sum = (sum ?? 0n) + pnlAt(line.position, quote)
  }
  return sum
}

/** The distance of a price from the current one: `+1.25%`. */
export function distanceWords(price: bigint, last: bigint): string {
  if (last <= 0n) return format.UNKNOWN
  const ratio = mulDiv(abs(price - last), SCALE, last, 'floor')
  return format.signedPercent(price < last ? -ratio : ratio)
}
