import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import { CloseAllDialog } from '@/features/positions/close-all-dialog'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, openPosition, placedOrder, type Sent, stubFetch, stubInView } from '@/testkit'
import { readResting } from '@/trading/account'
import { accountQuery } from '@/trading/queries'
import { messages } from '@/ui/toast'

let sent: Sent[] = []
const onClose = vi.fn<() => void>()

const POSITIONS = [openPosition('BTCUSDT')]
const BALANCE = { sequence: 2, balanceInt: '105000000000', usedMarginInt: '0' }

beforeEach(() => {
  sent = stubFetch()
  stubInView()
  setMarkets([market('BTCUSDT')])
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  messages.set([])
  onClose.mockClear()
  vi.unstubAllGlobals()
})

const STOP = placedOrder({ orderId: 's', type: 'STOP_MARKET', reduceOnly: true })
const ENTRIES = [placedOrder({ orderId: 'l' }), placedOrder({ orderId: 'm' })]

function show(orders: PlacedOrder[]) {
  queryClient.setQueryData(accountQuery.queryKey, {
    positions: POSITIONS,
    orders: orders.map(readResting),
    free: exact('1000'),
    usedMargin: 0n,
    reserved: 0n,
    sequence: 1,
    closedIds: [],
    endedIds: [],
  })
  render(
    <QueryClientProvider client={queryClient}>
      <CloseAllDialog open positions={POSITIONS} onClose={onClose} />
    </QueryClientProvider>,
  )
  return userEvent.setup()
}

const words = () => screen.queryByTestId('all-orders')?.textContent.trim()
const box = () => screen.queryByRole('checkbox')
const close = () => screen.getByRole('button', { name: /^Close (1 position|all and cancel)$/ })
const arrive = (count: number) => waitFor(() => expect(sent).toHaveLength(count))
const answer = (body: object, init: ResponseInit = {}) =>
  act(async () => sent.at(-1)?.answer(Response.json(body, init)))
const answerClose = (part: object = {}) =>
  answer({ success: true, closed: [], left: [], orders: [], account: BALANCE, ...part })
const titles = () => messages.get().map(({ title }) => title)

it('says which orders stay, and which end with their positions', () => {
  show([...ENTRIES, STOP])
  expect(words()).toBe(
    '2 open orders stay unless you cancel them, too: they can open positions.' +
      ' 1 reduce-only order ends with its position.',
  )
  expect(box()).toHaveProperty('checked', false)
  cleanup()
  show([STOP])
  expect(words()).toBe('1 reduce-only order ends with its position.')
  expect(box()).toBeNull()
  cleanup()
  show([])
  expect(words()).toBeUndefined()
})

it('leaves the orders alone by default', async () => {
  const user = show(ENTRIES)
  await user.click(close())
  await arrive(1)
  await answerClose()
  await waitFor(() => expect(onClose).toHaveBeenCalled())
  await act(async () => undefined)
  expect(sent.map(({ url }) => url)).toEqual(['/api/v1/positions/close-all'])
})

it('cancels the orders after the closes if it is told to', async () => {
  const user = show(ENTRIES)
  await user.click(screen.getByRole('checkbox', { name: 'Also cancel the 2 open orders' }))
  await user.click(close())
  await arrive(1)
  await answerClose()
  await arrive(2)
  expect(sent[1]?.url).toBe('/api/v1/orders')
  const orders = ENTRIES.map((order) => ({ ...order, status: 'CANCELED' }))
  await answer({ success: true, orders, account: BALANCE })
  await waitFor(() => expect(titles()).toEqual(['2 orders canceled']))
  expect(queryClient.getQueryData(accountQuery.queryKey)?.orders).toEqual([])
})

it.each([{ left: ['a'] }, { orders: ['c'] }])('keeps what %o still needs', async (part) => {
  const user = show([...ENTRIES, STOP])
  await user.click(screen.getByRole('checkbox'))
  await user.click(close())
  await arrive(1)
  await answerClose(part)
  await arrive(2)
  // One that was filled meanwhile needs no cancellation.
  const done = { error: 'The order is filled already.', code: 'ORDER_ALREADY_DONE' }
  await answer(done, { status: 409 })
  await arrive(3)
  await answer({ success: true, order: ENTRIES[1], account: BALANCE })
  await waitFor(() => expect(titles()).toContain('Order canceled'))
  const own = sent.slice(1).map(({ url }) => url)
  expect(own.toSorted()).toEqual(['/api/v1/orders/l', '/api/v1/orders/m'])
})

it('shows that the orders were not canceled, and why', async () => {
  const user = show(ENTRIES)
  await user.click(screen.getByRole('checkbox'))
  await user.click(close())
  await arrive(1)
  await answerClose()
  await arrive(2)
  await answer({ error: 'No.', code: 'ENGINE_TIMEOUT' }, { status: 504 })
  await waitFor(() => expect(titles()).toEqual(['Orders not canceled']))
})
