import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import { connect } from '@/live/connection'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, openPosition } from '@/testkit'
import { accountQuery } from '@/trading/queries'
import { type AccountNews, subscribeNews, syncAccount } from '@/trading/sync'

const servers: EventTarget[] = []
const ends: (() => void)[] = []
const news: AccountNews[] = []

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
  ends.push(
    syncAccount(),
    subscribeNews((each) => news.push(each)),
  )
})

afterEach(() => {
  for (const end of ends) end()
  queryClient.clear()
  vi.unstubAllGlobals()
})

const say = (frame: object) =>
  servers[0]?.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))

it('tells how much of a position was open when it is closed, and then the fill', () => {
  queryClient.setQueryData(accountQuery.queryKey, {
    positions: [openPosition('BTCUSDT', { qty: exact('0.5') })],
    orders: [],
    free: 0n,
    usedMargin: 0n,
    reserved: 0n,
    sequence: 1,
    closedIds: [],
    endedIds: [],
  })
  const closed = (orderId: string) => ({
    orderId,
    asset: 'BTCUSDT',
    orderType: 'LONG',
    status: 'CLOSED',
    closeReason: 'MANUAL',
    qtyInt: '200000000',
    marginInt: '1',
    executionPriceInt: '1',
    liquidationPriceInt: '1',
    stopLossInt: null,
    takeProfitInt: null,
    closePriceInt: '1',
    finalPnLInt: '1',
    shortfallInt: '0',
  })
  const event = { type: 'order_update', event: 'ORDER_CLOSED' }
  say({ ...event, sequence: 2, order: closed('a') })
  const fill = {
    positionId: 'a',
    asset: 'BTCUSDT',
    qtyInt: '1',
    priceInt: '2',
    realizedPnLInt: '3',
  }
  say({ type: 'fill', event: 'FILL', sequence: 2, fill })
  say({ ...event, sequence: 3, order: closed('b') })
  expect(news).toMatchObject([
    { kind: 'closed', position: { orderId: 'a' }, last: exact('0.5') },
    { kind: 'fill', fill },
    { kind: 'closed', position: { orderId: 'b' }, last: null },
  ])
})
