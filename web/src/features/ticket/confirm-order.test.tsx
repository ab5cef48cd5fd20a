/** The question before an order, and the levels after it. */

import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import { OrderTicket } from '@/features/ticket/order-ticket'
import { connection } from '@/live/connection'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { change, settings } from '@/settings'
import { market, type Sent, stubFetch, stubInView } from '@/testkit'
import { accountQuery, settingsQuery } from '@/trading/queries'
import { TooltipProvider } from '@/ui/tooltip'

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
  const known = { success: true, mode: 'separate', leverages: [] } as const
  queryClient.setQueryData(settingsQuery.queryKey, { ...known, leverages: [] })
  change({ confirmOrders: true })
  connection.set((known) => ({ ...known, socket: 'open', feed: 'sim' }))
  quote('99900', '100000')
})
afterEach(() => {
  cleanup()
  sessionStorage.clear()
  localStorage.clear()
  queryClient.clear()
  vi.unstubAllGlobals()
})

function quote(bid: string, ask: string) {
  setQuote('BTCUSDT', { bid: exact(bid), ask: exact(ask), timestamp: Date.now() })
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
const stated = () => screen.getByLabelText('Order').textContent
const sendButton = () => screen.getByRole('button', { name: 'Send order' })
const dialog = () => screen.findByRole('dialog', { name: 'Confirm order' })

it('states the order at the price of now, and sends what it states', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.type(screen.getByRole('textbox', { name: 'Stop-loss' }), '95000{Enter}')
  const facts = within(await dialog()).getByLabelText('Order').textContent
  expect(facts).toBe(
    'PriceMarket, about 100,000.00Worst price100,500.00Notional1,000.00 USDLeverage10×' +
      'Margin100.00 USDFee to open0.00 USDTake-profitNoneStop-loss95,000.00Result -50.00 USD' +
      'Liquidation price91,000.00',
  )
  expect(sent).toHaveLength(0)
  await act(async () => quote('100900', '101000'))
  const later = /^PriceMarket, about 101,000\.00Worst price101,505\.00Notional1,010\.00 USD/
  await waitFor(() => expect(stated()).toMatch(later))
  await user.click(sendButton())
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.body).toMatchObject({ qty: '0.01', stopLoss: '95000', priceLimit: '101505' })
  // What is on its way is no longer that of now.
  await act(async () => quote('101900', '102000'))
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(stated()).toMatch(later)
})

it('does not send an order that the price has made another one, until it comes back', async () => {
  const user = show()
  await user.click(screen.getByRole('radio', { name: 'Stop' }))
  await user.type(size(), '0.01')
  await user.type(screen.getByLabelText('Trigger price'), '100500{Enter}')
  await dialog()
  await act(async () => quote('100900', '101000'))
  await screen.findByText(/^The price has passed the trigger, .* another order: Take-profit\./)
  expect(screen.getByRole('alert').textContent).toBe('The order can’t be sent now.')
  await user.click(sendButton())
  expect(sent).toHaveLength(0)
  await act(async () => quote('100300', '100400'))
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
  await user.click(sendButton())
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.body).toMatchObject({ type: 'STOP_MARKET', triggerPrice: '100500' })
})

it('does not send an order that the price has made wrong', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.type(screen.getByRole('textbox', { name: 'Stop-loss' }), '99500{Enter}')
  await dialog()
  await act(async () => quote('99300', '99400'))
  const refusal = await screen.findByText('Must be below the bid, 99,300.00', {
    selector: 'dialog *',
  })
  expect(sendButton().getAttribute('aria-describedby')).toBe(refusal.id)
  await user.click(sendButton())
  expect(sent).toHaveLength(0)
})

it('announces none of the figures that follow the price', async () => {
  const user = show()
  await user.type(size(), '0.01{Enter}')
  const asked = await dialog()
  const live = asked.querySelectorAll('[role=status], [role=alert], [aria-live=polite]')
  expect([...live].filter(({ textContent }) => textContent !== '')).toEqual([])
})

it('fixes exits that are typed as amounts at their prices of now, and says so', async () => {
  const user = show()
  const fixed = () => screen.queryAllByTestId('fixed-words')
  await user.type(size(), '0.01')
  const units = within(screen.getByRole('radiogroup', { name: 'Stop-loss as' }))
  await user.type(screen.getByRole('textbox', { name: 'Stop-loss' }), '99000')
  expect(fixed()).toHaveLength(0)
  await user.click(units.getByRole('radio', { name: 'ROE' }))
  expect(fixed()).toHaveLength(0)
  await user.type(screen.getByRole('textbox', { name: 'Stop-loss' }), '20')
  expect(screen.getByText('at 98,000.00: -20.00 USD')).toBeTruthy()
  expect(fixed()[0]?.textContent).toMatch(/^The exits are fixed at these prices when you send\./)
  await user.type(size(), '{Enter}')
  await dialog()
  expect(fixed()).toHaveLength(2)
  expect(stated()).toContain('Stop-loss98,000.00')
  await act(async () => quote('100900', '101000'))
  await waitFor(() => expect(stated()).toContain('Stop-loss98,980.00'))
  await user.click(sendButton())
  await waitFor(() => expect(sent[0]?.body).toMatchObject({ stopLoss: '98980' }))
})

it('sends nothing when it is canceled', async () => {
  const user = show()
  await user.type(size(), '0.01{Enter}')
  await user.click(within(await dialog()).getByRole('button', { name: 'Cancel' }))
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(sent).toHaveLength(0)
  expect(size()).toHaveProperty('value', '0.01')
})

it('does not ask about a wrong order, and never again if so told', async () => {
  const user = show()
  await user.type(size(), '0{Enter}')
  expect(screen.queryByRole('dialog')).toBeNull()
  await user.type(size(), '.01{Enter}')
  await user.click(within(await dialog()).getByRole('checkbox', { name: /^Don’t ask again/ }))
  expect(settings.get().confirmOrders).toBe(false)
  await user.click(within(await dialog()).getByRole('button', { name: 'Cancel' }))
  await user.type(size(), '{Enter}')
  await waitFor(() => expect(sent).toHaveLength(1))
})

it('leads to the first wrong field, and ties the problem to it', async () => {
  const user = show()
  await user.click(screen.getByRole('radio', { name: 'Stop limit' }))
  await user.type(size(), '0.01')
  await user.type(screen.getByLabelText('Trigger price'), '101000')
  await user.click(screen.getByRole('button', { name: 'Stop limit: buy BTC' }))
  const field = screen.getByLabelText('Limit price')
  expect(document.activeElement).toBe(field)
  const note = document.querySelector(
    `#${CSS.escape(field.getAttribute('aria-describedby') ?? '')}`,
  )
  expect(note?.textContent).toBe('Enter a price')
})

it('names a stop as what its trigger makes of it', async () => {
  const user = show()
  await user.click(screen.getByRole('radio', { name: 'Stop' }))
  await user.type(size(), '0.01')
  await user.type(screen.getByLabelText('Trigger price'), '99000{Enter}')
  expect(within(await dialog()).getByText('Buy').parentElement?.textContent).toBe(
    'Buy 0.01000 BTC, take-profit',
  )
  expect(within(await dialog()).getByLabelText('Order').textContent).toMatch(
    /WhenTake-profit: triggers when the ask falls to 99,000\.00$/,
  )
})

it('adds and removes levels, and says who places them', async () => {
  const user = show()
  await user.type(size(), '0.01')
  await user.click(screen.getByRole('button', { name: 'Add level to take-profit' }))
  await user.type(screen.getByRole('textbox', { name: 'Take-profit' }), '101000')
  await user.type(screen.getByRole('textbox', { name: 'Size' }), '{Enter}')
  const second = screen.getByRole('textbox', { name: 'Take-profit 2' })
  expect(document.activeElement).toBe(second)
  expect(screen.getByText('Enter this level or remove it')).toBeTruthy()
  await user.type(second, '102000')
  expect(screen.getByTestId('exit-words').textContent).toMatch(/^The farthest level is sent with/)
  expect(screen.getByRole('textbox', { name: 'Share of take-profit 2' })).toHaveProperty(
    'value',
    '50',
  )
  await user.click(screen.getByRole('button', { name: 'Remove take-profit' }))
  expect(screen.getByRole('textbox', { name: 'Take-profit' })).toHaveProperty('value', '102000')
  expect(screen.queryByTestId('exit-words')).toBeNull()
})

it('takes a share from the slider and its marks', async () => {
  const user = show()
  const slider = screen.getByRole('slider', { name: 'Share of the free margin' })
  fireEvent.change(slider, { target: { value: '100' } })
  expect(size()).toHaveProperty('value', '0.0999')
  fireEvent.change(slider, { target: { value: '99' } })
  expect(slider.getAttribute('aria-valuetext')).toBe('99 %')
  await user.click(screen.getByRole('button', { name: 'Share of the free margin: 25%' }))
  expect(size()).toHaveProperty('value', '0.025')
})
