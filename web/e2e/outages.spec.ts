import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  chartOf,
  forgive,
  inBrowser,
  openOrder,
  POLL,
  positionRow,
  register,
  seeChange,
  signIn,
  visit,
} from './site.ts'
import { isOurs, kill, pause, redis } from './stack.ts'

inBrowser()

/** Collects the tickets with which the page's sockets authenticate. */
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

it.skipIf(!isOurs)('reconnects after the realtime server was killed', async () => {
  const page = await visit('/register')
  const tickets = ticketsOf(page)
  await register(page)
  await chartOf(page)
  await badge(page, 'Replayed prices').waitFor()

  forgive(/WebSocket connection to .* failed/)
  await kill('realtime')
  await badge(page, /onnecting/).waitFor()
  // The page gets no event for this order, so it has to fetch it.
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'SHORT', leverage: 5, qty: '0.02' })
  await badge(page, 'Replayed prices').waitFor()
  await positionRow(page, '0.02000 BTC').waitFor()
  await seeChange(page, 'price-BTCUSDT')
  await seeChange(page, 'pnl')
  expect(tickets.length).toBeGreaterThan(1)
  expect(new Set(tickets).size).toBe(tickets.length)
})

it.skipIf(!isOurs)('shows that prices have stopped, and that they are back', async () => {
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

it.skipIf(!isOurs)('shows that a price is disputed, and opens nothing at it', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await seeChange(page, 'price-BTCUSDT')
  const goOn = await pause('price-poller')
  try {
    // As the poller would report it; a running poller would end the dispute with the next tick.
    const dispute = JSON.stringify({ symbol: 'BTCUSDT', reason: 'HELD' })
    const now = String(Date.now())
    const entry = ['type', 'DISPUTE_PRICE', 'timestamp', now, 'payload', dispute]
    await redis('xadd', 'request:stream', '*', ...entry)
    const last = JSON.parse(await redis('get', 'feed:last:BTCUSDT'))
    const price = JSON.stringify({ ...last, disputed: 'HELD' })
    expect(await redis('publish', 'market:BTCUSDT', price)).toBe('1')
    await page.getByTestId('disputed').filter({ hasText: 'Price unconfirmed' }).waitFor()

    forgive(/503/)
    await page.getByLabel('Size', { exact: true }).fill('0.01')
    const refusal = page.getByRole('alert').filter({ hasText: /price is being/i })
    // A press right after the first one is ignored, so that a double click sends nothing; one that
    // counts takes the last refusal away until its own comes.
    const press = async () => {
      await page.getByRole('button', { name: 'Open long BTC' }).click()
      const shown = refusal.waitFor({ timeout: 1_000 })
      return shown.then(
        () => true,
        () => false,
      )
    }
    await expect.poll(press, { ...POLL, interval: 1_000 }).toBe(true)
  } finally {
    goOn()
  }
  await page.getByTestId('disputed').waitFor({ state: 'detached' })
})

it('goes to sign-in when the session has expired, and returns afterwards', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  await page.goto('/trade?asset=ETHUSDT')
  await chartOf(page)
  // As the browser does when the cookie expires.
  await page.context().clearCookies()
  forgive(/401/)
  await page.getByLabel('Size', { exact: true }).fill('0.1')
  await page.getByRole('button', { name: 'Open long ETH' }).click()
  await page.waitForURL('**/signin?*')
  await page.getByText('Your session has expired').waitFor()
  await signIn(page, email)
  await page.waitForURL('**/trade?asset=ETHUSDT')
  await chartOf(page)
  await badge(page, /prices|Live/).waitFor()
})
