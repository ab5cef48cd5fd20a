import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { chartOf, DESKTOP, forgive, inBrowser, openOrder, PHONE, register, visit } from './site.ts'

inBrowser()

const FOR_EVERYBODY = ['/', '/signin?reason=link-expired', '/register', '/help', '/nowhere']
const SIZES = [
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const

/** Returns all findings for the visible page. */
async function problems(page: Page): Promise<string[]> {
  const found = await findings(page)
  const tooWide = await overflow(page)
  return tooWide > 0 ? [...found, `${page.url()} is ${tooWide} px too wide`] : found
}

it.each(SIZES)('public pages, %s', async (_, viewport) => {
  const page = await visit('/', { viewport })
  forgive(/404 .*\/nowhere/)
  const found: string[] = []
  for (const path of FOR_EVERYBODY) {
    await page.goto(path)
    await page.getByRole('main').waitFor()
    if (path === '/') await chartOf(page)
    found.push(...(await problems(page)))
  }
  expect(found).toEqual([])
})

it('forms with problems', async () => {
  const page = await visit('/register')
  await page.getByRole('button', { name: 'Register' }).click()
  await page.getByText('Enter a valid email address').waitFor()
  expect(await problems(page)).toEqual([])
})

it('the trading page', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await page.getByRole('button', { name: 'Open long BTC' }).click()
  const close = page.getByRole('button', { name: 'Close BTC position' })
  await close.waitFor()
  const found = await problems(page)

  await close.click()
  await page.getByRole('dialog').waitFor()
  found.push(...(await problems(page)))
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menu').waitFor()
  found.push(...(await problems(page)))
  await page.keyboard.press('Escape')
  for (const tab of ['Position history', 'Account history']) {
    await page.getByRole('tab', { name: tab }).click()
    found.push(...(await problems(page)))
  }
  expect(found).toEqual([])
})

it('the trading page, phone', async () => {
  const page = await visit('/register', { viewport: PHONE })
  await register(page)
  await chartOf(page)
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' })
  const found: string[] = []
  for (const view of ['Chart', 'Trade', 'Positions (1)', 'Account']) {
    await page.getByRole('navigation').getByRole('button', { name: view }).click()
    found.push(...(await problems(page)))
  }
  expect(found).toEqual([])
})

it.each(SIZES)('the account page, %s', async (_, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await page.goto('/account')
  await page.getByRole('list', { name: 'Sessions' }).getByRole('listitem').waitFor()
  await page.getByText('No API keys yet').waitFor()
  const found = await problems(page)
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByRole('radio', { name: 'Exchange bots' }).click()
  await page.getByRole('radio', { name: 'My Ed25519 key' }).click()
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByText('Use 1 to 64 characters').waitFor()
  found.push(...(await problems(page)))
  expect(found).toEqual([])
})

it('every page begins with a link that skips its header', async () => {
  const page = await visit('/')
  const places = [
    ['/', 'Skip to content', 'MAIN'],
    ['/markets', 'Skip to content', 'MAIN'],
    ['/help', 'Skip to content', 'MAIN'],
    ['/trade', 'Skip to the order form', 'FORM'],
  ] as const
  for (const [path, name, tag] of places) {
    await page.goto(path)
    await page.getByRole('main').waitFor()
    const link = page.getByRole('link', { name })
    await link.waitFor({ state: 'attached' })
    await page.keyboard.press('Tab')
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe(tag)
  }
})
