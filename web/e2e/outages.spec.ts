import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  chartOf,
  forgive,
  inBrowser,
  openOrder,
  positionRow,
  register,
  seeChange,
  signIn,
  visit,
} from './site.ts'
import { isOurs, kill, pause } from './stack.ts'

inBrowser()

/** The tickets with which the page's sockets say who it is, as they come. */
function ticketsOf(page: Page): string[] {
  const tickets: string[] = []
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const ticket = /"ticket":"([^"]+)"/.exec(payload.toString())?.[1]
      if (ticket) tickets.push(ticket)
    }),
  )
  return tickets
}

const badge = (page: Page, text: string | RegExp) =>
  page.getByTestId('connection').filter({ hasText: text })

it.skipIf(!isOurs)('comes back after the realtime server was killed', async () => {
  const page = await visit('/register')
  const tickets = ticketsOf(page)
  await register(page)
  await chartOf(page)
  await badge(page, 'Replayed prices').waitFor()

  forgive(/WebSocket connection to .* failed/)
  await kill('realtime')
  await badge(page, /onnecting/).waitFor()
  // Nobody tells the page of this one: it has to ask.
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'SHORT', leverage: 5, qty: '0.02' })
  await badge(page, 'Replayed prices').waitFor()
  await positionRow(page, '0.02000 BTC').waitFor()
  await seeChange(page, 'price-BTCUSDT')
  await seeChange(page, 'pnl')
  expect(tickets.length).toBeGreaterThan(1)
  expect(new Set(tickets).size).toBe(tickets.length)
})

it.skipIf(!isOurs)('says that prices have stopped, and when they move again', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  const goOn = await pause('price-poller')
  try {
    await badge(page, 'Prices stopped').waitFor()
    await page.getByTestId('trouble').filter({ hasText: 'Prices have stopped' }).waitFor()
  } finally {
    goOn()
  }
  await badge(page, 'Replayed prices').waitFor()
  await page.getByTestId('trouble').waitFor({ state: 'detached' })
  await seeChange(page, 'price-BTCUSDT')
})

it('goes to sign in when the session is over, and back to where it was', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  await page.goto('/trade?asset=ETHUSDT')
  await chartOf(page)
  // As the browser does when its time has come.
  await page.context().clearCookies()
  forgive(/401/)
  await page.getByLabel('Size', { exact: true }).fill('0.1')
  await page.getByRole('button', { name: 'Open long ETH' }).click()
  await page.waitForURL('**/signin?*')
  await page.getByText('Your session is over').waitFor()
  await signIn(page, email)
  await page.waitForURL('**/trade?asset=ETHUSDT')
  await chartOf(page)
  await badge(page, /prices|Live/).waitFor()
})
