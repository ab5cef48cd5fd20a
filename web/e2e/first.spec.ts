/** The first minutes: looking, trading as a guest, and keeping the account. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import {
  chartOf,
  DESKTOP,
  freeMargin,
  inBrowser,
  openOrder,
  PASSWORD,
  PHONE,
  POLL,
  positionRow,
  register,
  seeChange,
  signIn,
  somebody,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

const LONG = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }

const steps = (page: Page) => page.getByRole('region', { name: 'First steps' })
const start = (page: Page) => page.getByRole('button', { name: 'Try it with $1,000' })

async function problems(page: Page): Promise<string[]> {
  const tooWide = await overflow(page)
  return [...(await findings(page)), ...(tooWide > 0 ? [`${tooWide} px too wide`] : [])]
}

/** Makes the visitor of a trading page a guest. */
async function becomeGuest(page: Page): Promise<void> {
  await start(page).click()
  await page.getByRole('button', { name: /^Open long/ }).waitFor()
}

it('a visitor looks, trades as a guest, and keeps everything with an email', async () => {
  const page = await visit('/')
  await page.getByRole('main').getByRole('link', { name: 'Try now' }).click()
  await page.waitForURL('**/trade')
  await chartOf(page)
  await seeChange(page, 'price-BTCUSDT')
  expect(await page.getByText('Your positions and orders will be here.').count()).toBe(1)
  expect(await problems(page)).toEqual([])

  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await becomeGuest(page)
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  await expect.poll(focused, POLL).toBe('Order for BTC')
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')
  // What was typed before is still there.
  await page.getByRole('button', { name: 'Open long BTC' }).click()
  await positionRow(page, '0.01000 BTC').waitFor()
  expect(await problems(page)).toEqual([])

  await page.getByRole('link', { name: 'Keep this account' }).click()
  await page.waitForURL('**/register*')
  const { email } = somebody()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Keep this account' }).click()
  await page.waitForURL('**/trade*')
  await toastOf(page, 'Your account is kept').waitFor()
  await positionRow(page, '0.01000 BTC').waitFor()
  expect(await page.getByRole('link', { name: 'Keep this account' }).count()).toBe(0)

  const other = await visit('/signin')
  await signIn(other, email)
  await other.waitForURL('**/trade')
  await positionRow(other, '0.01000 BTC').waitFor()
})

it('a guest on a phone follows the steps until a position is closed', async () => {
  const page = await visit('/trade', { viewport: PHONE })
  await chartOf(page)
  await steps(page).getByText('Choose a market').waitFor()
  const views = page.getByRole('navigation', { name: 'Views' })
  await views.getByRole('button', { name: 'Account' }).click()
  expect(await problems(page)).toEqual([])
  await becomeGuestHere(page)
  await openOrder(page, LONG)
  await steps(page).getByText('Watch it and close it').waitFor()
  await views.getByRole('button', { name: 'Positions (1)' }).click()
  expect(await problems(page)).toEqual([])
  await page.getByRole('button', { name: 'Close BTC position' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Close/ })
    .last()
    .click()
  await steps(page).waitFor({ state: 'detached' })
  // In its place: how to keep the account.
  await page.getByRole('link', { name: 'Keep this account: add an email' }).waitFor()
  await page.reload()
  await page.getByRole('link', { name: 'Keep this account: add an email' }).waitFor()
  expect(await steps(page).count()).toBe(0)
})

/** The same as `becomeGuest`, on the account view of a phone. */
async function becomeGuestHere(page: Page): Promise<void> {
  await start(page).click()
  await page.getByRole('region', { name: 'Account value' }).waitFor()
}

it('the steps can be put away, and whoever has traded sees none', async () => {
  const page = await visit('/trade')
  await steps(page).getByRole('button', { name: 'Hide the first steps' }).click()
  await steps(page).waitFor({ state: 'detached' })
  await page.reload()
  await chartOf(page)
  expect(await steps(page).count()).toBe(0)

  const trader = await visit('/register')
  const { email } = await register(trader)
  await openOrder(trader, LONG)
  const { orders } = await (await trader.request.get('/api/v1/order/user/orders')).json()
  await trader.request.post(`/api/v1/order/close/${orders[0].orderId}`, { data: {} })
  const elsewhere = await visit('/signin')
  await signIn(elsewhere, email)
  await chartOf(elsewhere)
  await expect.poll(() => freeMargin(elsewhere).textContent(), POLL).toMatch(/\d/)
  expect(await steps(elsewhere).count()).toBe(0)
})

it('a guest is warned before signing in to another account, and before signing out', async () => {
  const owner = await visit('/register')
  const { email } = await register(owner)
  const page = await visit('/trade')
  await becomeGuest(page)
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave the guest account?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitem', { name: 'Sign in to another account' }).click()
  await page.getByText('leaves your guest account').waitFor()
  expect(await problems(page)).toEqual([])
  await signIn(page, email)
  await page.waitForURL('**/trade*')
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByText(email).waitFor()
})

it('two tabs become one guest, and both notice a registration', async () => {
  const page = await visit('/trade')
  await chartOf(page)
  const second = await page.context().newPage()
  await second.goto('/trade')
  await chartOf(second)
  await becomeGuest(page)
  await second.getByRole('link', { name: 'Keep this account' }).waitFor()
  await page.goto('/register')
  await page.getByLabel('Email').fill(somebody().email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Keep this account' }).click()
  await second.getByRole('link', { name: 'Keep this account' }).waitFor({ state: 'detached' })
  await seeChange(second, 'price-BTCUSDT')
})

it('an account needs no phone number, and one can be removed', async () => {
  const page = await visit('/register')
  await page.getByLabel('Email').fill(somebody().email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Register' }).click()
  await page.waitForURL('**/trade')
  await page.goto('/account')
  const form = page.getByRole('form', { name: 'Change the phone number' })
  const set = async (phone: string, toast: string) => {
    await form.getByLabel('Phone').fill(phone)
    await form.getByLabel('Current password').fill(PASSWORD)
    await form.getByRole('button', { name: 'Change phone number' }).click()
    await toastOf(page, toast).waitFor()
  }
  await set(somebody().phone, 'Phone number changed')
  await set('', 'Phone number removed')
  await page.reload()
  await form.waitFor()
  expect(await form.getByLabel('Phone').inputValue()).toBe('')
})

it.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)('nothing says that recorded prices are live, %s', async (_, viewport) => {
  const page = await visit('/', { viewport })
  for (const path of ['/', '/trade', '/help', '/signin', '/register']) {
    await page.goto(path)
    await page.getByRole('main').waitFor()
    const badge = page.getByTestId('connection')
    if ((await badge.count()) > 0) {
      await expect.poll(() => badge.textContent(), POLL).toMatch(/Replayed|Simulated/)
    }
    const words = await page.evaluate(() => {
      const about = document.querySelector('meta[name=description]')?.getAttribute('content')
      return `${document.title} ${about} ${document.body.innerText}`
    })
    expect(words, path).not.toMatch(/\blive\b/i)
  }
})
