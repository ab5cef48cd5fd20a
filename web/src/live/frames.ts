/** The frames of the realtime server. Parses text into types; ignores unknown frames. */

import type { AccountState, ClosedOrder, Fill, OpenOrder, PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import { type Asset, isSymbol } from '@/markets'

export const TIMEFRAMES = ['30s', '1m', '5m', '15m', '1h', '4h', '1d'] as const
export type Timeframe = (typeof TIMEFRAMES)[number]

export const TIMEFRAME_S: Record<Timeframe, number> = {
  '30s': 30,
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
}

/** A candle. Amounts are at scale; `time` is the start, Unix s. */
export type Candle = {
  time: number
  open: bigint
  high: bigint
  low: bigint
  close: bigint
  volume: bigint
}

/** The reasons for which a price is disputed. */
const DISPUTES = ['HELD', 'LATE', 'SILENT', 'PAUSED'] as const
export type Dispute = (typeof DISPUTES)[number]

/** The mark price of a market, with the rate that the next funding would have now. */
export type Mark = {
  price: bigint
  fundingRate: bigint | null
  /** Unix ms. */
  nextFundingTime: number | null
  /** The time of the mark price by the clock of its source, Unix ms. */
  timestamp: number
}

/** A trade of the venue. */
export type Trade = {
  id: number
  price: bigint
  quantity: bigint
  /** Unix ms. */
  time: number
  /** Where the price went since the one before it that was different; null if there was none. */
  move: 'UP' | 'DOWN' | null
}

export type OrderEvent =
  | { event: 'ORDER_OPENED' | 'ORDER_MODIFIED'; order: OpenOrder }
  | { event: 'ORDER_CLOSED'; order: ClosedOrder }

/** The events of orders in the narrow sense. */
const PLACED_EVENTS = [
  'ORDER_ACCEPTED',
  'ORDER_AMENDED',
  'ORDER_ACTIVATED',
  'ORDER_CANCELED',
  'ORDER_EXPIRED',
  'ORDER_FILLED',
] as const
export type PlacedEvent = { event: (typeof PLACED_EVENTS)[number]; order: PlacedOrder }

export type Frame =
  | { type: 'connection'; feed: string; userId: string | null; assets: readonly Asset[] }
  | { type: 'status'; feed: string; message: string }
  | {
      type: 'price_update'
      symbol: Asset
      bid: bigint
      ask: bigint
      timestamp: number
      disputed: Dispute | null
    }
  | ({ type: 'mark_update'; symbol: Asset } & Mark)
  | {
      type: 'candle_update'
      symbol: Asset
      duration: Timeframe
      candle: Candle
      partial: boolean
    }
  | { type: 'trade_update'; symbol: Asset; trades: readonly Trade[] }
  | ({ type: 'order_update'; sequence: number } & OrderEvent)
  | ({ type: 'placed_update'; sequence: number } & PlacedEvent)
  | { type: 'balance_update'; sequence: number; account: AccountState }
  | { type: 'fill'; sequence: number; fill: Fill }
  | { type: 'pong' }

/**
 * Matches amounts, to put them into quotes before parsing: JSON numbers would become floating point
 * and lose digits.
 */
const AMOUNTS =
  /"(bidPrice|askPrice|markPrice|fundingRate|open|high|low|close|volume|price|quantity)":(-?\d+(?:\.\d+)?)/g

function readJson(text: string): unknown {
  return JSON.parse(text.replace(AMOUNTS, '"$1":"$2"'))
}

/** Parses a frame. Returns null for an unknown one, which a newer server may send. */
export function parseFrame(text: string): Frame | null {
  try {
    const frame = readJson(text)
    return isRecord(frame) ? read(frame) : null
  } catch {
    return null
  }
}

function read(frame: Record<string, unknown>): Frame | null {
  const { type, symbol, data, sequence } = frame
  switch (type) {
    case 'price_update':
      if (!isSymbol(symbol) || !isRecord(data)) return null
      return {
        type,
        symbol,
        bid: amount(data.bidPrice),
        ask: amount(data.askPrice),
        timestamp: Number(data.timestamp),
        disputed: readDispute(data.disputed ?? frame.disputed),
      }
    case 'mark_update':
      return isSymbol(symbol) && isRecord(data) ? { type, symbol, ...readMark(data) } : null
    case 'trade_update':
      if (!isSymbol(symbol) || !Array.isArray(data)) return null
      return { type, symbol, trades: data.filter(isRecord).map(readTrade) }
    case 'candle_update': {
      const duration = TIMEFRAMES.find((timeframe) => timeframe === frame.duration)
      if (!isSymbol(symbol) || !duration || !isRecord(data)) return null
      return { type, symbol, duration, candle: readCandle(data), partial: data.partial === true }
    }
    case 'order_update':
    case 'position_update': {
      const placed = readPlacedEvent(frame)
      if (placed) return { type: 'placed_update', sequence: Number(sequence), ...placed }
      const event = readOrderEvent(frame)
      return event && { type: 'order_update', sequence: Number(sequence), ...event }
    }
    case 'balance_update':
      return isAccount(data) ? { type, sequence: Number(sequence), account: data } : null
    case 'fill':
      return isFill(frame.fill) ? { type, sequence: Number(sequence), fill: frame.fill } : null
    case 'status':
      return { type, feed: String(frame.feed), message: String(frame.message) }
    case 'connection':
      return {
        type,
        feed: String(frame.feed),
        userId: typeof frame.userId === 'string' ? frame.userId : null,
        assets: Array.isArray(frame.assets) ? frame.assets.filter(isSymbol) : [],
      }
    case 'pong':
      return { type }
    default:
      return null
  }
}

function readMark(data: Record<string, unknown>): Mark {
  const { markPrice, fundingRate, nextFundingTime, timestamp } = data
  return {
    price: amount(markPrice),
    fundingRate: fundingRate === undefined ? null : amount(fundingRate),
    nextFundingTime: typeof nextFundingTime === 'number' ? nextFundingTime : null,
    timestamp: typeof timestamp === 'number' ? timestamp : 0,
  }
}

function readTrade({ id, price, quantity, time, move }: Record<string, unknown>): Trade {
  return {
    id: Number(id),
    price: amount(price),
    quantity: amount(quantity),
    time: Number(time),
    move: move === 'UP' || move === 'DOWN' ? move : null,
  }
}

/** Reads the reason of a dispute; an unknown reason still counts as a dispute. */
function readDispute(reason: unknown): Dispute | null {
  if (typeof reason !== 'string') return null
  return DISPUTES.find((dispute) => dispute === reason) ?? 'HELD'
}

function readOrderEvent({ event, order }: Record<string, unknown>): OrderEvent | null {
  if (event === 'ORDER_CLOSED') return isClosedOrder(order) ? { event, order } : null
  // A position that was increased, reduced or funded is shown like one whose exits changed.
  if (event === 'POSITION_CHANGED' || event === 'FUNDING_SETTLED') {
    return isOpenOrder(order) ? { event: 'ORDER_MODIFIED', order } : null
  }
  const isChange = event === 'ORDER_OPENED' || event === 'ORDER_MODIFIED'
  return isChange && isOpenOrder(order) ? { event, order } : null
}

function readPlacedEvent({ event, order }: Record<string, unknown>): PlacedEvent | null {
  const known = PLACED_EVENTS.find((each) => each === event)
  return known && isPlacedOrder(order) ? { event: known, order } : null
}

const INTS = ['qtyInt', 'marginInt', 'executionPriceInt', 'liquidationPriceInt']
const CLOSED_INTS = [...INTS, 'closePriceInt', 'finalPnLInt', 'shortfallInt']
const CLOSE_REASONS = new Set(['MANUAL', 'MARGIN_CALL', 'STOP_LOSS', 'TAKE_PROFIT'])

function isOpenOrder(order: unknown): order is OpenOrder {
  return hasTerms(order, INTS)
}

function isClosedOrder(order: unknown): order is ClosedOrder {
  return hasTerms(order, CLOSED_INTS) && CLOSE_REASONS.has(String(order.closeReason))
}

function isPlacedOrder(order: unknown): order is PlacedOrder {
  if (!isRecord(order)) return false
  const isSide = order.side === 'BUY' || order.side === 'SELL'
  const isKnown = typeof order.type === 'string' && typeof order.status === 'string'
  return (
    isSide && isKnown && isSymbol(order.asset) && isInt(order.qtyInt) && isInt(order.reservedInt)
  )
}

function isFill(fill: unknown): fill is Fill {
  if (!isRecord(fill)) return false
  return isSymbol(fill.asset) && [fill.qtyInt, fill.priceInt, fill.realizedPnLInt].every(isInt)
}

function hasTerms(order: unknown, ints: readonly string[]): order is Record<string, unknown> {
  if (!isRecord(order)) return false
  const isSide = order.orderType === 'LONG' || order.orderType === 'SHORT'
  return isSide && isSymbol(order.asset) && ints.every((name) => isInt(order[name]))
}

function isAccount(data: unknown): data is AccountState {
  return isRecord(data) && isInt(data.balanceInt) && isInt(data.usedMarginInt)
}

/** Reports whether a value is an integer at scale, as text. */
function isInt(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d+$/.test(value)
}

/** Parses the body of GET /candles. */
export function parseCandles(text: string): Candle[] {
  const body = readJson(text)
  const candles = isRecord(body) ? body.candles : null
  if (!Array.isArray(candles)) throw new Error('the response has no candles')
  return candles.filter(isRecord).map(readCandle)
}

function readCandle(data: Record<string, unknown>): Candle {
  return {
    time: Number(data.time),
    open: amount(data.open),
    high: amount(data.high),
    low: amount(data.low),
    close: amount(data.close),
    volume: amount(data.volume),
  }
}

function amount(value: unknown): bigint {
  if (typeof value !== 'string') throw new Error('an amount is missing')
  return exact(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
