import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpenOrder } from '@/api/schema'
import { setMarkets, unlistedSymbols } from '@/markets'
import { queryClient } from '@/query-client'
import { withOrder } from '@/trading/account'
import { market } from '@/testkit'
import { accountQuery, updateAccount } from '@/trading/queries'

const order = (orderId: string) =>
  ({
    orderId,
    status: 'OPEN',
    asset: 'BTCUSDT',
    orderType: 'LONG',
    leverage: 1,
    createdAt: 1,
    qtyInt: '1',
    marginInt: '1',
    executionPriceInt: '1',
    liquidationPriceInt: '1',
    stopLossInt: null,
    takeProfitInt: null,
  }) as OpenOrder

/** The orders on the server, and the promise it awaits before it responds. */
let orders: OpenOrder[] = []
let gate = Promise.resolve()
let fetches = 0

beforeEach(() => {
  orders = []
  gate = Promise.resolve()
  fetches = 0
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.url.includes('balance')) {
      return Response.json({ balance: { balanceInt: '5', usedMarginInt: '0' } })
    }
    if (new URL(request.url).pathname === '/api/v1/orders') {
      return Response.json({ orders: [], nextCursor: null })
    }
    fetches += 1
    // The orders at the time of the request, however long the response takes.
    const body = { orders: [...orders], nextCursor: null }
    await gate
    return Response.json(body)
  })
})

afterEach(() => {
  queryClient.clear()
  vi.unstubAllGlobals()
})

const ids = () =>
  queryClient.getQueryData(accountQuery.queryKey)?.positions.map(({ orderId }) => orderId)

function held(): () => void {
  let open = () => undefined as void
  gate = new Promise((resolve) => {
    open = resolve
  })
  return open
}

it('keeps an event that arrives while the account is fetched again', async () => {
  await queryClient.query(accountQuery)
  const open = held()
  const refetch = queryClient.query({ ...accountQuery, staleTime: 0 })
  await vi.waitFor(() => expect(fetches).toBe(2))
  orders = [order('new')]
  updateAccount((account) => withOrder(account, { event: 'ORDER_OPENED', order: order('new') }))
  expect(ids()).toEqual(['new'])
  open()
  await refetch
  expect(ids()).toEqual(['new'])
  expect(fetches).toBe(3)
})

it('notes the symbol of a position that is not listed', async () => {
  setMarkets([market('BTCUSDT')])
  orders = [order('known'), { ...order('new'), asset: 'NEWUSDT' }]
  const before = unlistedSymbols.get()
  await queryClient.query(accountQuery)
  expect(ids()).toHaveLength(2)
  expect(unlistedSymbols.get()).toBe(before + 1)
})

it('keeps an event that arrives during the first fetch', async () => {
  const open = held()
  const first = queryClient.query(accountQuery)
  await vi.waitFor(() => expect(fetches).toBe(1))
  orders = [order('new')]
  updateAccount((account) => withOrder(account, { event: 'ORDER_OPENED', order: order('new') }))
  open()
  await first
  expect(ids()).toEqual(['new'])
})
