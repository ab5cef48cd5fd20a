/** The words of lines and of groups of lines. */

import { abs, mulDiv, SCALE } from '@/decimal'
import { exitPnl, type Line, type LineKey } from '@/features/chart/line-items'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { Quote } from '@/rules'
import { pnlAt, type RestingOrder } from '@/trading/account'
import { KIND_NAMES } from '@/trading/orders'

/** The words of several lines of a kind and side. */
const GROUP_WORDS: Record<LineKey, (count: number) => string> = {
  'entry LONG': (n) => `${n} longs`,
  'entry SHORT': (n) => `${n} shorts`,
  'liquidation LONG': (n) => `${n} long liquidations`,
  'liquidation SHORT': (n) => `${n} short liquidations`,
  'stopLoss LONG': (n) => `${n} stop-losses`,
  'stopLoss SHORT': (n) => `${n} stop-losses`,
  'takeProfit LONG': (n) => `${n} take-profits`,
  'takeProfit SHORT': (n) => `${n} take-profits`,
  'limit BUY': (n) => `${n} buy limits`,
  'limit SELL': (n) => `${n} sell limits`,
  'stop BUY': (n) => `${n} buy stops`,
  'stop SELL': (n) => `${n} sell stops`,
  'profit BUY': (n) => `${n} take-profit buys`,
  'profit SELL': (n) => `${n} take-profit sells`,
  'trailing BUY': (n) => `${n} trailing buys`,
  'trailing SELL': (n) => `${n} trailing sells`,
  alert: (n) => `${n} alerts`,
  bid: () => 'Bid',
  ask: () => 'Ask',
  last: () => 'Price',
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
      return line.exit === 'stopLoss' ? 'SL' : 'TP'
    case 'liquidation':
      return 'Liquidation'
    case 'order':
      return orderWords(line.order, line.field === 'price', isShort)
    case 'alert':
      return 'Alert'
    case 'bid':
      return 'Bid'
    case 'ask':
      return 'Ask'
    case 'last':
      return 'Price'
  }
}

function entryWords(isLong: boolean, size: string): string {
  return isLong ? `Long ${size}` : `Short ${size}`
}

const sizeOf = ({ asset, qty }: { asset: Asset; qty: bigint }) => format.qty(asset, qty)

function orderWords(order: RestingOrder, isLimit: boolean, isShort: boolean): string {
  const { kind, side, qty } = order
  if (isLimit && kind !== 'LIMIT') return 'Limit of the stop'
  const what = `${KIND_NAMES[kind]} ${side.toLowerCase()}`
  return qty === 0n || isShort ? what : `${what} ${sizeOf(order)}`
}

/** What follows the words of a label for who does not see where the line is. */
export function lineDetail(line: Line): string {
  if (line.kind === 'bid' || line.kind === 'ask' || line.kind === 'last') return ''
  const asset = assetOfLine(line)
  const price = format.price(asset, line.price)
  switch (line.kind) {
    case 'entry':
      return `${assetInfo(asset).base}, entry at ${price}`
    case 'exit':
      return `${exitName(line.exit)} of the ${positionName(line.position)} at ${price}`
    case 'liquidation':
      return `of the ${positionName(line.position)} at ${price}`
    default:
      return `at ${price}`
  }
}

const exitName = (exit: 'stopLoss' | 'takeProfit') =>
  exit === 'stopLoss' ? 'stop-loss' : 'take-profit'

function positionName(position: { asset: Asset; orderType: string; qty: bigint }): string {
  const side = position.orderType === 'LONG' ? 'long' : 'short'
  return `${side} of ${sizeOf(position)} ${assetInfo(position.asset).base}`
}

export function assetOfLine(line: Line): Asset {
  if (line.kind === 'order') return line.order.asset
  if (line.kind === 'alert') return line.alert.asset
  return 'position' in line ? line.position.asset : ''
}

/** The name of the button that removes a line. */
export function removalName(line: Line): string {
  if (line.kind === 'order') return `Cancel ${orderWords(line.order, false, false)}`
  if (line.kind === 'alert') return `Delete alert at ${format.price(line.alert.asset, line.price)}`
  if (line.kind !== 'exit') return ''
  return `Remove ${exitName(line.exit)} of the ${positionName(line.position)}`
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
