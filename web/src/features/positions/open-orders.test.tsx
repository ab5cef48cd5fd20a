import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { OpenOrders } from '@/features/positions/open-orders'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, placedOrder, stubInView } from '@/testkit'
import { fetched } from '@/trading/account'
import { accountQuery } from '@/trading/queries'

const LIMIT = placedOrder({ timeInForce: 'GTX' })
const TRAILING = placedOrder({
  orderId: 'b',
  side: 'SELL',
  type: 'TRAILING_STOP_MARKET',
  priceInt: null,
  callbackBps: 25,
  stopPriceInt: '9900000000000',
  reduceOnly: true,
  reservedInt: '0',
})

type Sent = { method: string; path: string; body: unknown; answer: (body: object) => void }
let sent: Sent[] = []

beforeEach(() => {
  sent = []
  setMarkets([market('BTCUSDT')])
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.text()
    const { method, url } = request
    return new Promise<Response>((resolve) => {
      const answer = (body: object) => resolve(Response.json(body))
      sent.push({ method, path: new URL(url).pathname, body: JSON.parse(text || 'null'), answer })
    })
  })
  stubInView()
  // A phone, whose lists are not virtual.
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (media) => Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList,
  )
  const sheet = { balanceInt: '90500000000', usedMarginInt: '0', reservedInt: '9500000000' }
  queryClient.setQueryData(
    accountQuery.queryKey,
    fetched([], [LIMIT, TRAILING], sheet as Parameters<typeof fetched>[2], undefined),
  )
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <OpenOrders onAsset={() => undefined} />
    </QueryClientProvider>,
  )
  return userEvent.setup()
}

const account = { sequence: 3, balanceInt: '100000000000', usedMarginInt: '0', reservedInt: '0' }
const items = () => screen.getAllByRole('listitem').map(({ textContent }) => textContent)

it('says of each order what it does, and at which price', () => {
  show()
  const [trailing, limit] = items()
  expect(limit).toMatch(/BTCBuy.*Limit.*Post only.*0\.01000 BTC.*95,000\.00/)
  expect(limit).toContain('Waits forAsk falls to 95,000.00')
  expect(trailing).toMatch(/BTCSell.*Trailing stop.*Reduces.*Market/)
  expect(trailing).toMatch(/Waits forBid falls to 99,000\.00.*0\.25 % behind the peak/)
  expect(screen.getByText('95.00 USD')).toBeTruthy()
})

it('cancels one order, or all of them', async () => {
  const user = show()
  await user.click(screen.getAllByRole('button', { name: 'Cancel BTC order' })[1] as HTMLElement)
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ method: 'DELETE', path: '/api/v1/orders/a' })
  await act(async () =>
    sent[0]?.answer({ success: true, order: { ...LIMIT, status: 'CANCELED' }, account }),
  )
  await waitFor(() => expect(items()).toHaveLength(1))

  await user.click(screen.getByRole('button', { name: 'Cancel all' }))
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).toMatchObject({ method: 'DELETE', path: '/api/v1/orders' })
  const orders = [{ ...TRAILING, status: 'CANCELED' }]
  await act(async () => sent[1]?.answer({ success: true, orders, account }))
  await screen.findByText('No open orders')
})

it('changes what was changed, and nothing else', async () => {
  const user = show()
  await user.click(screen.getAllByRole('button', { name: 'Change BTC order' })[1] as HTMLElement)
  const price = await screen.findByLabelText('Limit price')
  await user.clear(price)
  await user.type(price, '96000')
  expect(screen.queryByLabelText('Trigger price')).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Change order' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  // What is typed meanwhile is not sent, and the answer still closes the dialog.
  await user.type(price, '0')
  expect(sent[0]).toMatchObject({
    method: 'PATCH',
    path: '/api/v1/orders/a',
    body: { price: '96000' },
  })
  const order = { ...LIMIT, priceInt: '9600000000000' }
  await act(async () => sent[0]?.answer({ success: true, order, account }))
  await waitFor(() => expect(items()[1]).toContain('96,000.00'))
  expect(screen.queryByRole('dialog')).toBeNull()
})
