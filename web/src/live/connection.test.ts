import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connect } from '@/live/connection'
import { quoteOf } from '@/live/prices'
import { setMarkets, unlistedSymbols } from '@/markets'
import { market } from '@/testkit'

/** The server sides of the opened connections. */
const servers: EventTarget[] = []

class FakeSocket extends EventTarget {
  constructor() {
    super()
    servers.push(this)
  }

  close(): void {}
}

beforeEach(async () => {
  vi.stubGlobal('fetch', async () => Response.json({ wsUrl: 'ws://realtime' }))
  vi.stubGlobal('WebSocket', FakeSocket)
  setMarkets([market('BTCUSDT')])
  connect(false)
  await vi.waitFor(() => expect(servers).toHaveLength(1))
})

afterEach(() => vi.unstubAllGlobals())

const say = (frame: object) =>
  servers[0]?.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
const price = (symbol: string) => ({
  type: 'price_update',
  symbol,
  data: { bidPrice: 1, askPrice: 2, timestamp: 3 },
})
const order = {
  orderType: 'LONG',
  qtyInt: '1',
  marginInt: '1',
  executionPriceInt: '1',
  liquidationPriceInt: '1',
}

it('notes unlisted symbols of greetings, prices and orders', () => {
  const before = unlistedSymbols.get()
  const noted = () => unlistedSymbols.get() - before
  say({ type: 'connection', feed: 'sim', userId: null, assets: ['BTCUSDT', 'AAAUSDT', 7] })
  expect(noted()).toBe(1)
  say(price('BTCUSDT'))
  expect(noted()).toBe(1)
  say(price('BBBUSDT'))
  expect(noted()).toBe(2)
  expect(quoteOf('BBBUSDT')).toMatchObject({ bid: 100_000_000n })
  const opened = { type: 'order_update', sequence: 1, event: 'ORDER_OPENED' }
  say({ ...opened, order: { ...order, asset: 'CCCUSDT' } })
  expect(noted()).toBe(3)
})
