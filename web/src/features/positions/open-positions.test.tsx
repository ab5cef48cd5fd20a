import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PlacedOrder } from '@/api/schema'
import type { Market } from '@/api/schema'
import { exact } from '@/decimal'
import { OpenPositions } from '@/features/positions/open-positions'
import { connection } from '@/live/connection'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { change } from '@/settings'
import { accountQuery, settingsQuery } from '@/trading/queries'
import { market, placedOrder, openPosition, type Sent, stubFetch, stubInView } from '@/testkit'
import { TooltipProvider } from '@/ui/tooltip'

let sent: Sent[] = []

const LONG = openPosition('BTCUSDT')
const CLOSE = '/api/v1/positions/a/close'

beforeEach(() => {
  sent = stubFetch()
  stubInView()
  // The height of the list, since nothing is laid out here.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400)
  list()
  hold([LONG])
  setMode('separate')
  change({ confirmClose: true, toleranceText: '0.5' })
  connection.set((known) => ({ ...known, socket: 'open', feed: 'sim' }))
  for (const asset of ['BTCUSDT', 'ETHUSDT']) {
    setQuote(asset, { bid: exact('101000'), ask: exact('101100'), timestamp: Date.now() })
  }
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  localStorage.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function list(part: Partial<Market> = {}) {
  setMarkets([market('BTCUSDT', part), market('ETHUSDT', part)])
}

function hold(positions: (typeof LONG)[]) {
  queryClient.setQueryData(accountQuery.queryKey, {
    positions,
    orders: [],
    free: exact('1000'),
    usedMargin: exact('100'),
    reserved: 0n,
    sequence: 1,
    closedIds: [],
    endedIds: [],
  })
}

function setMode(mode: string) {
  queryClient.setQueryData(settingsQuery.queryKey, { success: true, mode, leverages: [] })
}

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <OpenPositions onAsset={() => undefined} />
      </TooltipProvider>
    </QueryClientProvider>,
  )
  return userEvent.setup()
}

async function choose(item: string) {
  const user = show()
  await user.click(await screen.findByRole('button', { name: 'More actions for BTC position' }))
  await user.click(await screen.findByRole('menuitem', { name: item }))
  return { user, dialog: within(await screen.findByRole('dialog')) }
}

async function openClose() {
  const user = show()
  await user.click(await screen.findByRole('button', { name: 'Close BTC position' }))
  return { user, dialog: within(await screen.findByRole('dialog')) }
}

const last = (): Sent => {
  const request = sent.at(-1)
  if (!request) throw new Error('nothing was sent')
  return request
}
const arrive = (count: number) => waitFor(() => expect(sent).toHaveLength(count))
const answer = async (body: object) => act(async () => last().answer(Response.json(body)))
const refuse = async (code: string, fields: object) =>
  act(async () => last().answer(Response.json({ error: 'No.', code, fields }, { status: 422 })))
const account = () => queryClient.getQueryData(accountQuery.queryKey)
const gone = () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())

const BALANCE = { sequence: 2, balanceInt: '105000000000', usedMarginInt: '5000000000' }
const opened = (part: object = {}) => ({
  orderId: 'a',
  positionId: 'a',
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
  ...part,
})
const closed = (orderId = 'a') => ({
  ...opened({ orderId, status: 'CLOSED' }),
  closePriceInt: '10100000000000',
  finalPnLInt: '1000000000',
  shortfallInt: '0',
  closeReason: 'MANUAL',
  closedAt: 2,
})
const placed = (part: Partial<PlacedOrder>) =>
  placedOrder({
    orderId: 'o',
    side: 'SELL',
    type: 'MARKET',
    status: 'FILLED',
    qtyInt: '500000',
    priceInt: null,
    reduceOnly: true,
    reservedInt: '0',
    filledQtyInt: '500000',
    averagePriceInt: '10100000000000',
    createdAt: 2,
    ...part,
  })

describe('the close dialog', () => {
  it('closes all of the position at once', async () => {
    const { user, dialog } = await openClose()
    expect(dialog.getByLabelText('Quantity to close')).toHaveProperty('value', '0.01')
    await user.click(dialog.getByRole('button', { name: 'Close position' }))
    await gone()
    await arrive(1)
    // Half a per cent below the bid, and no quantity.
    expect(last()).toMatchObject({ url: CLOSE, body: { priceLimit: '100495' } })
    expect(last().body).not.toHaveProperty('qty')
    await answer({ success: true, position: closed(), account: BALANCE })
    await waitFor(() => expect(account()?.positions).toEqual([]))
  })

  it('closes a share, and says what it gives and what stays', async () => {
    list({ takerFeePpm: 500 })
    const { user, dialog } = await openClose()
    await user.click(dialog.getByRole('button', { name: '50%' }))
    expect(dialog.getByLabelText('Quantity to close')).toHaveProperty('value', '0.005')
    expect(dialog.getByTestId('pnl').textContent).toBe('+5.00')
    // 0.05 % of 505 USD.
    expect(dialog.getByTestId('closing-fee').textContent).toBe('0.26 USD')
    expect(dialog.getByTestId('closing-net').textContent).toBe('+4.74 USD')
    expect(dialog.getByTestId('closing-rest').textContent).toBe('0.00500 BTC')
    await user.click(dialog.getByRole('button', { name: 'Close part' }))
    await arrive(1)
    expect(last()).toMatchObject({ url: CLOSE, body: { qty: '0.005', priceLimit: '100495' } })
    const position = opened({ qtyInt: '500000', marginInt: '5000000000' })
    await answer({ success: true, order: placed({}), position, account: BALANCE })
    await gone()
    expect(account()?.positions[0]?.qty).toBe(exact('0.005'))
  })

  it('repeats a close whose outcome is unknown, and shows a refusal at its field', async () => {
    const { user, dialog } = await openClose()
    const field = dialog.getByLabelText('Quantity to close')
    await user.clear(field)
    await user.type(field, '0.004')
    const submit = dialog.getByRole('button', { name: 'Close part' })
    await user.click(submit)
    await arrive(1)
    await act(async () => last().fail())
    expect((await dialog.findByRole('alert')).textContent).toMatch(/Can’t reach Velox/)
    // The price has moved, and the part may be closed already: the rest must stay open.
    setQuote('BTCUSDT', { bid: exact('100900'), ask: exact('101000'), timestamp: Date.now() })
    act(() => hold([openPosition('BTCUSDT', { qty: exact('0.004') })]))
    await user.click(submit)
    await arrive(2)
    expect(last().key).toBe(sent[0]?.key)
    expect(last().body).toEqual(sent[0]?.body)
    await refuse('QUANTITY_OFF_STEP', { qty: 'must be a multiple of 0.01' })
    expect(await dialog.findByText('Must be a multiple of 0.01')).toBeTruthy()
    await user.clear(field)
    await user.type(field, '0.003')
    await user.click(submit)
    await arrive(3)
    expect(last().key).not.toBe(sent[0]?.key)
  })

  it('sends nothing with a problem', async () => {
    const { user, dialog } = await openClose()
    await user.clear(dialog.getByLabelText('Quantity to close'))
    await user.type(dialog.getByLabelText('Quantity to close'), '1')
    expect(dialog.getByText('At most 0.01000 BTC')).toBeTruthy()
    await user.keyboard('{Enter}')
    expect(sent).toHaveLength(0)
  })

  it('places a limit order that only reduces this position', async () => {
    setMode('hedge')
    const { user, dialog } = await choose('Close a part or at a limit…')
    await user.click(dialog.getByRole('switch', { name: 'At a limit price' }))
    await user.click(dialog.getByRole('button', { name: 'Place limit order' }))
    expect(dialog.getByText('Enter a price')).toBeTruthy()
    const price = dialog.getByLabelText('Limit price')
    await user.type(price, '100000')
    expect(dialog.getByText('Fills at once at the bid, 101,000.00')).toBeTruthy()
    await user.clear(price)
    await user.type(price, '102000')
    expect(dialog.getByTestId('limit-pnl').textContent).toBe('+20.00')
    await user.click(dialog.getByRole('button', { name: 'Place limit order' }))
    await arrive(1)
    expect(last()).toMatchObject({ url: '/api/v1/orders' })
    expect(last().body).toEqual({
      asset: 'BTCUSDT',
      side: 'SELL',
      type: 'LIMIT',
      qty: '0.01',
      price: '102000',
      reduceOnly: true,
      positionId: 'a',
      positionSide: 'LONG',
    })
    const order = placed({ type: 'LIMIT', status: 'NEW', priceInt: '10200000000000' })
    await answer({ success: true, order, account: BALANCE })
    await gone()
    expect(account()?.orders).toHaveLength(1)
  })
})

it('shows a refusal whose field a dialog does not have', async () => {
  const { user, dialog } = await choose('Take-profit and stop-loss…')
  await user.type(dialog.getByLabelText('Take-profit price'), '120000')
  await user.click(dialog.getByRole('button', { name: 'Save' }))
  await arrive(1)
  await refuse('VALIDATION', { takeProfit: 'is too far', orderId: 'must be a UUID' })
  expect((await dialog.findByRole('alert')).textContent).toBe('No.')
  expect(dialog.getByText('Is too far')).toBeTruthy()
})

it.each([
  ['Close a part or at a limit…', 'Quantity to close', '0.004', 'Close part', 'qty'],
  ['Take-profit and stop-loss…', 'Take-profit price', '120000', 'Save', 'takeProfit'],
  ['Take-profit and stop-loss…', 'Level price', '120000', 'Add level', 'triggerPrice'],
  ['Add or remove margin…', 'Amount to add', '10', 'Add margin', 'amount'],
])('shows a refusal though the field was edited meanwhile: %s %s', async (...row) => {
  const [item, label, text, action, refused] = row
  const { user, dialog } = await choose(item)
  const field = await dialog.findByLabelText(label)
  await user.clear(field)
  await user.type(field, text)
  if (action === 'Add level') await user.click(dialog.getByRole('button', { name: '50%' }))
  await user.click(dialog.getByRole('button', { name: action }))
  await arrive(1)
  await user.type(field, '1')
  await refuse('VALIDATION', { [refused]: 'is not allowed' })
  expect(await dialog.findByText('Is not allowed')).toBeTruthy()
})

describe('a reversal', () => {
  it('says what will happen, and replaces the position', async () => {
    const { user, dialog } = await choose('Reverse…')
    const text = screen.getByRole('dialog').textContent
    expect(text).toContain('Close your long 0.01000 BTC at the market price, now 101,000.00')
    expect(text).toContain('open a short 0.01000 BTC at 10× at the same price')
    expect(dialog.getByTestId('reverse-margin').textContent).toBe('101.00 USD')
    expect(dialog.getByTestId('reverse-liquidation').textContent).toBe('110,090.00')
    await user.click(dialog.getByRole('button', { name: 'Reverse position' }))
    await arrive(1)
    expect(last()).toMatchObject({
      url: '/api/v1/positions/a/reverse',
      body: { priceLimit: '100495' },
    })
    const position = opened({ orderId: 'b', orderType: 'SHORT' })
    await answer({ success: true, order: placed({}), position, account: BALANCE })
    await gone()
    expect(account()?.positions.map(({ orderId }) => orderId)).toEqual(['b'])
  })

  it('adds to the other side where there is one of each', async () => {
    setMode('hedge')
    hold([LONG, openPosition('BTCUSDT', { orderId: 's', orderType: 'SHORT', qty: exact('0.02') })])
    const user = show()
    const [menu] = await screen.findAllByRole('button', { name: 'More actions for BTC position' })
    if (!menu) throw new Error('there are two')
    await user.click(menu)
    await user.click(await screen.findByRole('menuitem', { name: 'Reverse…' }))
    const dialog = await screen.findByRole('dialog')
    expect(dialog.textContent).toContain('add the same quantity at the same price to your short')
    expect(within(dialog).queryByTestId('reverse-liquidation')).toBeNull()
  })
})

describe('the margin', () => {
  it('is added to, with the liquidation price that follows', async () => {
    const { user, dialog } = await choose('Add or remove margin…')
    await user.type(dialog.getByLabelText('Amount to add'), '10')
    expect(dialog.getByTestId('margin-change').textContent).toContain('110.00')
    expect(dialog.getByTestId('liquidation-change').textContent).toContain('90,100.00')
    await user.click(dialog.getByRole('button', { name: 'Add margin' }))
    await arrive(1)
    expect(last()).toMatchObject({ url: '/api/v1/positions/a/margin', body: { amount: '10' } })
    await answer({
      success: true,
      position: opened({ marginInt: '11000000000', liquidationPriceInt: '9010000000000' }),
      account: BALANCE,
    })
    await gone()
    expect(account()?.positions[0]?.liquidationPrice).toBe(exact('90100'))
  })

  it('is taken from with an amount below zero, and refused at its field', async () => {
    hold([openPosition('BTCUSDT', { margin: exact('150') })])
    const { user, dialog } = await choose('Add or remove margin…')
    await user.click(dialog.getByRole('radio', { name: 'Remove' }))
    await user.click(dialog.getByRole('button', { name: 'Remove margin' }))
    expect(dialog.getByText('Enter an amount')).toBeTruthy()
    await user.click(dialog.getByRole('button', { name: 'At most 50.00 USD' }))
    await user.click(dialog.getByRole('button', { name: 'Remove margin' }))
    await arrive(1)
    expect(last().body).toEqual({ amount: '-50' })
    await refuse('MARGIN_TOO_LOW', { amount: 'leaves too little' })
    expect(await dialog.findByText('Leaves too little')).toBeTruthy()
    expect(dialog.queryByRole('alert')).toBeNull()
  })
})

it('closes all positions, after a summary', async () => {
  list({ takerFeePpm: 500 })
  hold([LONG, openPosition('ETHUSDT', { orderId: 'b', orderType: 'SHORT' })])
  const user = show()
  await user.click(screen.getByRole('button', { name: 'Close all' }))
  const dialog = within(await screen.findByRole('dialog'))
  // The long gains 10, the short loses 11; each pays 0.05 % of its value.
  expect(dialog.getByTestId('all-pnl').textContent).toBe('-1.00')
  expect(dialog.getByTestId('all-fees').textContent).toBe('1.02 USD')
  expect(dialog.getByTestId('all-net').textContent).toBe('-2.02 USD')
  expect(sent).toHaveLength(0)
  await user.click(dialog.getByRole('button', { name: 'Close 2 positions' }))
  await arrive(1)
  expect(last().url).toBe('/api/v1/positions/close-all')
  await answer({ success: true, closed: [closed()], left: ['b'], orders: [], account: BALANCE })
  await gone()
  expect(account()?.positions.map(({ orderId }) => orderId)).toEqual(['b'])
})

it('opens a dialog from the menu while its button has the focus, which returns there', async () => {
  const show = vi.spyOn(HTMLDialogElement.prototype, 'showModal')
  let focused: Element | null = null
  show.mockImplementation(function (this: HTMLDialogElement) {
    focused = document.activeElement
    this.open = true
  })
  await choose('Close a part or at a limit…')
  const trigger = document.querySelector('[aria-label="More actions for BTC position"]')
  expect(focused).toBe(trigger)
})
