/** The page's connection to the realtime server, with the state of the price feed. */

import { ApiError } from '@/api/errors'
import { api } from '@/api/client'
import { wsUrl } from '@/config'
import { type Frame, parseFrame } from '@/live/frames'
import { type PriceSource, sourceAfter } from '@/live/price-source'
import { setMark } from '@/live/marks'
import { setQuote } from '@/live/prices'
import { LiveSocket, type SocketState } from '@/live/socket'
import { type Asset, noteSymbol } from '@/markets'
import { randomId } from '@/random-id'
import { createStore } from '@/store'

export type Connection = {
  socket: SocketState
  /** `binance`, `replay`, `sim`, or `stale` without prices; null before the first status. */
  feed: string | null
  message: string
  /** The source of the prices, or of the last ones before they stopped. */
  source: PriceSource
  /** The user of the connection; null for prices only. */
  userId: string | null
}

export const connection = createStore<Connection>({
  socket: 'closed',
  feed: null,
  message: '',
  source: null,
  userId: null,
})

type AccountFrame = Extract<
  Frame,
  { type: 'order_update' | 'placed_update' | 'balance_update' | 'fill' }
>
type CandleFrame = Extract<Frame, { type: 'candle_update' }>
type TradeFrame = Extract<Frame, { type: 'trade_update' }>

const candleListeners = new Set<(frame: CandleFrame) => void>()
const tradeListeners = new Set<(frame: TradeFrame) => void>()
const accountListeners = new Set<(frame: AccountFrame) => void>()
const gapListeners = new Set<() => void>()

let isSignedIn = false
let lastSequence: number | null = null

const socket = new LiveSocket({
  url: wsUrl,
  ticket,
  clientId: randomId(),
  onText: hear,
  onState(state) {
    connection.set((known) => ({ ...known, socket: state }))
  },
})

async function ticket(): Promise<string | null> {
  if (!isSignedIn) return null
  try {
    return await api.wsTicket()
  } catch (error) {
    // The session has ended; prices are public.
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

/** Connects, with or without the signed-in user. Reconnects when that changes. */
export function connect(signedIn: boolean): void {
  const known = connection.get().socket
  if (known !== 'closed' && signedIn === isSignedIn) return
  isSignedIn = signedIn
  lastSequence = null
  void socket.connect()
}

export function subscribeCandles(
  channel: string,
  listener: (frame: CandleFrame) => void,
): () => void {
  candleListeners.add(listener)
  const leave = socket.subscribe(`candles:${channel}`)
  return () => {
    candleListeners.delete(listener)
    leave()
  }
}

/** Receives the trades of all subscribed assets, that of `asset` among them. */
export function subscribeTrades(asset: Asset, listener: (frame: TradeFrame) => void): () => void {
  tradeListeners.add(listener)
  const leave = socket.subscribe(`trades:${asset}`)
  return () => {
    tradeListeners.delete(listener)
    leave()
  }
}

/** Receives the mark prices of assets, for `live/marks.ts`. Returns a function that ends it. */
export function followMarks(assets: readonly Asset[]): () => void {
  return socket.subscribe(...assets.map((asset) => `mark:${asset}`))
}

export function subscribeAccount(listener: (frame: AccountFrame) => void): () => void {
  accountListeners.add(listener)
  return () => accountListeners.delete(listener)
}

/** Calls back when messages may have been missed, so that fetched data must be fetched again. */
export function subscribeGaps(listener: () => void): () => void {
  gapListeners.add(listener)
  return () => gapListeners.delete(listener)
}

function hear(text: string): void {
  const frame = parseFrame(text)
  switch (frame?.type) {
    case 'price_update':
      noteSymbol(frame.symbol)
      return setQuote(frame.symbol, frame)
    case 'mark_update':
      return setMark(frame.symbol, frame)
    case 'trade_update':
      for (const listener of tradeListeners) listener(frame)
      return
    case 'candle_update':
      for (const listener of candleListeners) listener(frame)
      return
    case 'order_update':
    case 'placed_update':
    case 'balance_update':
    case 'fill':
      return hearAccount(frame)
    case 'status':
      return hearStatus(frame.feed, frame.message)
    case 'connection':
      for (const asset of frame.assets) noteSymbol(asset)
      lastSequence = null
      connection.set((known) => ({ ...known, userId: frame.userId }))
      hearStatus(frame.feed, '')
      return missed()
    default:
  }
}

function hearAccount(frame: AccountFrame): void {
  if ('order' in frame) noteSymbol(frame.order.asset)
  // An order, its balance and its fill share one sequence number.
  const isNext = lastSequence === null || frame.sequence - lastSequence <= 1
  lastSequence = Math.max(lastSequence ?? 0, frame.sequence)
  for (const listener of accountListeners) listener(frame)
  if (!isNext) missed()
}

function hearStatus(feed: string, message: string): void {
  const isBack = connection.get().feed === 'stale' && feed !== 'stale'
  connection.set((known) => ({
    ...known,
    feed,
    message,
    source: sourceAfter(known.source, feed),
  }))
  if (isBack) missed()
}

function missed(): void {
  for (const listener of gapListeners) listener()
}

if (typeof window !== 'undefined') {
  window.addEventListener('online', () => socket.hurry())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') socket.hurry()
  })
}
