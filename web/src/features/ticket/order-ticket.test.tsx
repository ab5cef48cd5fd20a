import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import { OrderTicket } from '@/features/ticket/order-ticket'
import { connection } from '@/live/connection'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { change } from '@/settings'
import { accountQuery, settingsQuery } from '@/trading/queries'
import { market, placedOrder, type Sent, stubFetch, stubInView } from '@/testkit'
import { TooltipProvider } from '@/ui/tooltip'

/** The requests of the page, oldest first; a test responds when it chooses. */
let sent: Sent[] = []

beforeEach(() => {
  sent = stubFetch()
  // On a busy machine a test takes longer than a price stays fresh.
  setMarkets([market('BTCUSDT', { stalePriceMs: 600_000 })])
  stubInView()
  queryClient.setQueryData(accountQuery.queryKey, {
    positions: [],
    orders: [],
    free: exact('1000'),
    usedMargin: 0n,
    reserved: 0n,
    sequence: 1,
    closedIds: [],
    endedIds: [],
  })
  setMode('separate')
  change({ confirmOrders: false })
  sessionStorage.clear()
  localStorage.clear()
  connection.set((known) => ({ ...known, socket: 'open', feed: 'sim' }))
  setQuote('BTCUSDT', { bid: exact('99900'), ask: exact('100000'), timestamp: Date.now() })
})

afterEach(() => {
  cleanup()
  sessionStorage.clear()
  localStorage.clear()
  queryClient.clear()
  vi.unstubAllGlobals()
})

function setMode(mode: string, leverages: { asset: string; leverage: number }[] = []) {
  queryClient.setQueryData(settingsQuery.queryKey, { success: true, mode, leverages })
}

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <OrderTicket asset="BTCUSDT" side="LONG" onSide={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>,
  )
  return userEvent.setup()
}

const size = () => screen.getByLabelText('Size')
const button = () => screen.getByRole('button', { name: 'Open long BTC' })
const nth = (index: number): Sent => {
  const request = sent[index]
  if (!request) throw new Error(`only ${sent.length} requests were sent`)
  return request
}

const PLACED = placedOrder({
  type: 'MARKET',
  status: 'FILLED',
  priceInt: null,
  reservedInt: '0',
  createdAt: 1,
})

const opened = () => {
  const orderId = crypto.randomUUID()
  const position = {
    orderId,
    positionId: orderId,
    asset: 'BTCUSDT',
    orderType: 'LONG',
    leverage: 10,
    status: 'OPEN',
    createdAt: 1,
    qtyInt: '1000000',
    marginInt: '10000000000',
    executionPriceInt: '10000000000000',
    liquidationPriceInt: '9100000000000',
    stopLossInt: null,
    takeProfitInt: null,
  }
  const account = { sequence: 2, balanceInt: '90000000000', usedMarginInt: '10000000000' }
  const order = { ...PLACED, orderId }
  return Response.json({ success: true, order, position, account }, { status: 201 })
}

const rests = (part: object) => {
  const order = { ...PLACED, orderId: crypto.randomUUID(), status: 'NEW', ...part }
  const account = {
    sequence: 2,
    balanceInt: '90500000000',
    usedMarginInt: '0',
    reservedInt: '9500000000',
  }
  return Response.json({ success: true, order, account }, { status: 201 })
}

it('opens one position however often the button is pressed', async () => {
  const user = show()
  await user.type(size(), '0.01')
  // Both clicks happen before the button is rendered as disabled.
  await act(async () => {
    button().click()
    button().click()
  })
  await user.keyboard('{Enter}')
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(nth(0)).toMatchObject({
    url: '/api/v1/orders',
    body: {
      asset: 'BTCUSDT',
      side: 'BUY',
      type: 'MARKET',
      leverage: 10,
      qty: '0.01',
      // Half a per cent above the ask.
      priceLimit: '100500',
    },
  })
  expect(button()).toHaveProperty('disabled', true)

  await act(async () => nth(0).answer(opened()))
  await waitFor(() => expect(size()).toHaveProperty('value', ''))
  expect(queryClient.getQueryData(accountQuery.queryKey)?.positions).toHaveLength(1)
  expect(sent).toHaveLength(1)
})

it.each(['0,01', '1.234,5', '1 234', '1,234'])('sends nothing for %j', async (typed) => {
  const user = show()
  await user.type(size(), typed)
  expect(screen.getByText(/^(Write it without separators|Could mean 1.234 or 1234)/)).toBeTruthy()
  await user.click(button())
  expect(document.activeElement).toBe(size())
  expect(sent).toHaveLength(0)
})

it('retries with the same key when the outcome of an order is unknown', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(1))
  await act(async () => nth(0).fail())
  await screen.findByRole('alert')

  // The price has moved, but the retry must be identical.
  setQuote('BTCUSDT', { bid: exact('99800'), ask: exact('99900'), timestamp: Date.now() })
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(nth(1).key).toBe(nth(0).key)
  expect(nth(1).body).toEqual(nth(0).body)
  await act(async () => nth(1).answer(opened()))
  await waitFor(() => expect(size()).toHaveProperty('value', ''))

  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(3))
  expect(nth(2).key).not.toBe(nth(0).key)
})

it('retries the same order though its exits follow the price', async () => {
  const user = show()
  await user.click(screen.getAllByRole('radio', { name: 'ROE' })[0] ?? expect.fail())
  await user.type(screen.getByRole('textbox', { name: 'Take-profit' }), '50')
  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(1))
  await act(async () => nth(0).fail())
  await screen.findByRole('alert')
  await act(async () => {
    setQuote('BTCUSDT', { bid: exact('99000'), ask: exact('99100'), timestamp: Date.now() })
  })
  await screen.findByText(/at 104,055.00/)
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(nth(1).body).toEqual(nth(0).body)
  expect(nth(1).key).toBe(nth(0).key)
})

it('uses a new key for a different order', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(1))
  await act(async () => nth(0).fail())
  await screen.findByRole('alert')
  await user.type(size(), '5')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(nth(1).body).toMatchObject({ qty: '0.015' })
  expect(nth(1).key).not.toBe(nth(0).key)
})

it('shows a problem at its field and sends nothing', async () => {
  const user = show()
  await user.click(button())
  expect(await screen.findByText('Enter a size')).toBeTruthy()
  await user.type(size(), '5')
  expect(await screen.findByText(/Needs 50,000.00 USD of margin/)).toBeTruthy()
  expect(size().getAttribute('aria-invalid')).toBe('true')
  await user.click(button())
  expect(sent).toHaveLength(0)
})

it('shows the engine’s rejection at the field that it names', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(1))
  const refusal = {
    error: 'No.',
    code: 'INSUFFICIENT_BALANCE',
    fields: { qty: 'the balance is gone' },
  }
  await act(async () => nth(0).answer(Response.json(refusal, { status: 422 })))
  expect(await screen.findByText('The balance is gone')).toBeTruthy()
  expect(screen.queryByRole('alert')).toBeNull()
})

it.each<[string, object, RegExp]>([
  ['PRICE_LIMIT_EXCEEDED', { priceLimit: 'the price is beyond' }, /^The price moved beyond/],
  ['INVALID_ORDER', { price: 'is not for this kind' }, /^No\.$/],
  ['VALIDATION', { qty: 'is too fine', expiresAt: 'is in the past' }, /^No\.$/],
])('shows beside the button what no field of the order shows: %s', async (code, fields, words) => {
  const user = show()
  await user.type(size(), '0.01')
  await user.click(button())
  await waitFor(() => expect(sent).toHaveLength(1))
  await act(async () =>
    nth(0).answer(Response.json({ error: 'No.', code, fields }, { status: 422 })),
  )
  expect((await screen.findByRole('alert')).textContent).toMatch(words)
})

it('needs a second press at a disputed price', async () => {
  const user = show()
  const quote = { bid: exact('99900'), ask: exact('100000'), timestamp: Date.now() }
  await act(async () => setQuote('BTCUSDT', { ...quote, disputed: 'HELD' }))
  await screen.findByText(/not confirmed yet/)
  await user.type(size(), '0.01')
  await user.dblClick(button())
  const anyway = await screen.findByRole('button', { name: 'Open long BTC anyway' })
  expect(sent).toHaveLength(0)
  const later = performance.now() + 10_000
  vi.spyOn(performance, 'now').mockImplementation(() => later)
  await user.click(anyway)
  await waitFor(() => expect(sent).toHaveLength(1))
})

it('sends with Enter from its fields, but not from those of settings', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.type(screen.getByRole('textbox', { name: 'Leverage' }), '{Enter}')
  await user.type(screen.getByLabelText('Price tolerance'), '{Enter}')
  expect(sent).toHaveLength(0)
  await user.type(screen.getByRole('textbox', { name: 'Stop-loss' }), '{Enter}')
  await waitFor(() => expect(sent).toHaveLength(1))
})

it('keeps its values when the form is unmounted and mounted again', async () => {
  const user = show()
  await user.type(size(), '0.02')
  const leverage = screen.getByRole('textbox', { name: 'Leverage' })
  await user.clear(leverage)
  await user.type(leverage, '25')
  cleanup()
  show()
  expect(size()).toHaveProperty('value', '0.02')
  expect(screen.getByRole('textbox', { name: 'Leverage' })).toHaveProperty('value', '25')
})

describe('other kinds of orders', () => {
  const kind = (name: string) => screen.getByRole('radio', { name })
  const submit = (name: string) => screen.getByRole('button', { name })

  it('rest with their own price, and are listed', async () => {
    const user = show()
    await user.click(kind('Limit'))
    await user.type(size(), '0.01')
    await user.click(submit('Limit: buy BTC'))
    expect(screen.getByText('Enter a price')).toBeTruthy()
    await user.type(screen.getByLabelText('Limit price'), '95000')
    await user.click(screen.getByRole('radio', { name: 'Post only' }))
    await user.click(submit('Limit: buy BTC'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(nth(0).body).toEqual({
      asset: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      price: '95000',
      timeInForce: 'GTX',
      leverage: 10,
      qty: '0.01',
    })
    const limit = { type: 'LIMIT', priceInt: '9500000000000', reservedInt: '9500000000' }
    await act(async () => nth(0).answer(rests(limit)))
    const account = () => queryClient.getQueryData(accountQuery.queryKey)
    await waitFor(() => expect(account()?.orders).toHaveLength(1))
    expect(account()?.reserved).toBe(exact('95'))
  })

  it('say when they fill', async () => {
    const user = show()
    await user.click(kind('Stop'))
    await user.type(screen.getByLabelText('Trigger price'), '101000')
    expect(screen.getByText('Stop: triggers when the ask rises to 101,000.00')).toBeTruthy()
    await user.click(kind('Trailing'))
    await user.clear(screen.getByLabelText('Activation price'))
    expect(screen.getByText('Fills when the ask has risen 1 % from its lowest')).toBeTruthy()
  })

  it('say that a stop is a take-profit as soon as its trigger lies the other way', async () => {
    const user = show()
    await user.click(kind('Stop limit'))
    const trigger = screen.getByLabelText('Trigger price')
    await user.type(trigger, '99000')
    const words = screen.getByText('Take-profit limit: triggers when the ask falls to 99,000.00')
    // It stands between the trigger and the limit price, which is empty still.
    const [after, before] = [Node.DOCUMENT_POSITION_FOLLOWING, Node.DOCUMENT_POSITION_PRECEDING]
    expect(words.compareDocumentPosition(screen.getByLabelText('Limit price')) & after).toBeTruthy()
    expect(words.compareDocumentPosition(trigger) & before).toBeTruthy()
    await user.type(screen.getByLabelText('Limit price'), '98900')
    await user.type(size(), '0.01')
    setQuote('BTCUSDT', { bid: exact('98400'), ask: exact('98500'), timestamp: Date.now() })
    await screen.findByText('Stop limit: triggers when the ask rises to 99,000.00')
    expect(submit('Stop limit: buy BTC')).toBeTruthy()
    setQuote('BTCUSDT', { bid: exact('99900'), ask: exact('100000'), timestamp: Date.now() })
    await user.click(await screen.findByRole('button', { name: 'Take-profit limit: buy BTC' }))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(nth(0).body).toMatchObject({ type: 'TAKE_PROFIT', triggerPrice: '99000' })
  })

  it('say where a position is reduced that has an order of its own', () => {
    const hint = () => screen.queryByText('Use Close in the positions list')
    show()
    expect(hint()).toBeTruthy()
    expect(screen.queryByRole('switch', { name: 'Reduce only' })).toBeNull()
    cleanup()
    setMode('hedge')
    show()
    expect(hint()).toBeNull()
    expect(screen.getByRole('switch', { name: 'Reduce only' })).toBeTruthy()
  })

  it('reduce, and set the leverage first, where orders are netted', async () => {
    setMode('one_way', [{ asset: 'BTCUSDT', leverage: 7 }])
    const user = show()
    expect(screen.getByRole('textbox', { name: 'Leverage' })).toHaveProperty('value', '7')
    await user.clear(screen.getByRole('textbox', { name: 'Leverage' }))
    await user.type(screen.getByRole('textbox', { name: 'Leverage' }), '5')
    await user.type(size(), '0.01')
    await user.click(button())
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(nth(0)).toMatchObject({
      url: '/api/v1/account/leverage',
      body: { asset: 'BTCUSDT', leverage: 5 },
    })
    await act(async () => nth(0).answer(Response.json({ success: true })))
    await waitFor(() => expect(sent.at(-1)?.url).toBe('/api/v1/orders'))
    expect(sent.at(-1)?.body).not.toHaveProperty('leverage')
    await act(async () => sent.at(-1)?.answer(opened()))

    await user.click(screen.getByRole('switch', { name: 'Reduce only' }))
    await user.type(size(), '0.01')
    await user.click(submit('Reduce: buy BTC'))
    await waitFor(() => expect(sent.at(-1)?.body).toMatchObject({ side: 'BUY', reduceOnly: true }))
  })
})
