import { createServer, connect as dial, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Page } from 'playwright-core'
import { afterEach, expect, it } from 'vitest'
import {
  chartOf,
  forgive,
  freeMargin,
  inBrowser,
  POLL,
  positionRow,
  register,
  seeChange,
  signIn,
  SITE,
  somebody,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

const size = (page: Page) => page.getByLabel('Size', { exact: true })
const open = (page: Page) => page.getByRole('button', { name: 'Open long SOL' })
const leverage = (page: Page) => page.getByRole('textbox', { name: 'Leverage' })

async function orders(page: Page): Promise<{ qty: string }[]> {
  const answer = await page.request.get('/api/v1/order/user/orders?status=OPEN')
  return ((await answer.json()) as { orders: { qty: string }[] }).orders
}

async function traderOfSol(page: Page) {
  const person = await register(page)
  await page.goto('/trade?asset=SOLUSDT')
  await chartOf(page)
  return person
}

it('never guesses a number: 0,1 is refused, 0.1 opens a tenth', async () => {
  const page = await visit('/register')
  await traderOfSol(page)
  await size(page).pressSequentially('0,1')
  await page.getByText('Write it without separators').waitFor()
  await open(page).click()
  expect(await orders(page)).toEqual([])
  await size(page).fill('0.1')
  await open(page).click()
  await positionRow(page, '0.100 SOL').waitFor()
  expect((await orders(page)).map(({ qty }) => qty)).toEqual(['0.1'])

  await size(page).fill('1,234')
  await page.getByText('Could mean 1.234 or 1234').waitFor()
  await open(page).click()
  expect(await orders(page)).toHaveLength(1)
})

it('never sends an order that was submitted offline', async () => {
  const page = await visit('/register')
  await traderOfSol(page)
  await size(page).fill('0.2')
  forgive(/ERR_INTERNET_DISCONNECTED/)
  await page.context().setOffline(true)
  await open(page).click()
  await page.getByText('nothing is resent automatically').waitFor()

  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'GET') sent.push(request.url())
  })
  const isBack = page.waitForEvent('request')
  await page.context().setOffline(false)
  await isBack
  await seeChange(page, 'price-SOLUSDT')
  expect(sent).toEqual([])
  expect(await orders(page)).toEqual([])
})

it('never trades in a tab for an account that it does not show', async () => {
  const first = await visit('/register')
  const { email } = await traderOfSol(first)
  const context = first.context()
  const second = await context.newPage()
  await second.goto('/trade')
  await second.getByRole('button', { name: 'Account and settings' }).click()
  await second.getByRole('menuitem', { name: 'Sign out' }).click()
  await second.waitForURL(`${SITE}/`)
  // The first tab notices the sign-out immediately.
  await first.waitForURL('**/signin?*')
  await signIn(first, email)
  await first.waitForURL('**/trade?asset=SOLUSDT')
  await chartOf(first)

  // It also notices that another account has signed in.
  const other = somebody()
  const answer = await second.request.post('/api/v1/user/signup', {
    data: { ...other, password: 'correct horse battery' },
  })
  expect(answer.status()).toBe(201)
  forgive(/409/)
  await size(first).fill('0.3')
  await open(first).click()
  await toastOf(first, 'Account switched').waitFor()
  expect(await orders(first)).toEqual([])
  await first.getByRole('button', { name: 'Account and settings' }).click()
  await first.getByText(other.email).waitFor()

  const third = await context.newPage()
  await third.goto('/trade')
  await chartOf(third)
  // The cookie is replaced without a sign-out that the third tab could notice.
  await context.clearCookies()
  await second.goto('/signin')
  await signIn(second, email)
  await second.waitForURL('**/trade')
  await toastOf(third, 'Account switched').waitFor()
})

it('ignores a cookie named token of another program', async () => {
  const page = await visit('/register')
  await register(page)
  const neighbour = { name: 'token', value: 'of another program', url: SITE }
  await page.context().addCookies([neighbour])
  await page.reload()
  await chartOf(page)
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')
})

it('keeps leverage and draft across markets and reloads, and opens with Enter in the size', async () => {
  const page = await visit('/register')
  await traderOfSol(page)
  await leverage(page).fill('25')
  await size(page).fill('0.4')
  await page.goto('/trade?asset=BTCUSDT')
  await page.getByRole('button', { name: 'Open long BTC' }).waitFor()
  expect(await size(page).inputValue()).toBe('')
  await page.goto('/trade?asset=SOLUSDT')
  await open(page).waitFor()
  await page.reload()
  await expect.poll(() => size(page).inputValue(), POLL).toBe('0.4')
  expect(await leverage(page).inputValue()).toBe('25')

  await leverage(page).press('Enter')
  expect(await orders(page)).toEqual([])
  await size(page).press('Enter')
  await positionRow(page, '0.400 SOL').waitFor()
})

const forwarders: Server[] = []
afterEach(() => {
  for (const server of forwarders.splice(0)) server.close()
})

/** A non-loopback address of this machine, which Chromium treats as insecure. */
const LAN = Object.values(networkInterfaces())
  .flat()
  .find((face) => face && face.family === 'IPv4' && !face.internal)?.address

/** Forwards the same port of the other address to the site. */
async function forward(port: number): Promise<void> {
  const server = createServer((client) => {
    const upstream = dial(port, new URL(SITE).hostname)
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  forwarders.push(server)
  await new Promise<void>((resolve) => server.listen(port, LAN, resolve))
}

it.skipIf(!LAN)('works over plain HTTP on a network address', async () => {
  const { wsUrl } = (await (await fetch(`${SITE}/config.json`)).json()) as { wsUrl: string }
  const { port } = new URL(SITE)
  await forward(Number(port))
  await forward(Number(new URL(wsUrl).port))
  const page = await visit('/register', { baseURL: `http://${LAN}:${port}` })
  expect(await page.evaluate(() => window.isSecureContext)).toBe(false)
  await traderOfSol(page)
  await seeChange(page, 'price-SOLUSDT')
  await size(page).fill('0.5')
  await open(page).click()
  await positionRow(page, '0.500 SOL').waitFor()
  // The row may come by the WebSocket before the response, which empties the form.
  await expect.poll(() => size(page).inputValue()).toBe('')

  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('watcher')
  await page.getByRole('button', { name: 'Create key' }).click()
  const secret = await page.getByLabel('Key', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Copy key' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.goto('/trade?asset=SOLUSDT')
  await size(page).focus()
  await page.keyboard.press('Control+V')
  expect(await size(page).inputValue()).toBe(secret)
})
