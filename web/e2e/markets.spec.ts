/** Tests of the list of markets, the palette, the tape of trades and the layouts. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { chartOf, DESKTOP, inBrowser, openOrder, PHONE, POLL, register, visit } from './site.ts'

inBrowser()

const TABLET = { width: 768, height: 1024 }

async function trader(viewport: { width: number; height: number }): Promise<Page> {
  const page = await visit('/register', { viewport })
  await register(page)
  await chartOf(page)
  return page
}

/** Returns the markets of the list, in order. */
async function listed(page: Page): Promise<string[]> {
  const rows = page.getByRole('grid', { name: 'Markets' }).locator('[role=row][id]')
  return rows.evaluateAll((all) => all.map(({ id }) => id.replace('asset-', '')))
}

const search = (page: Page) => page.getByRole('combobox', { name: 'Search assets' })
const marketRow = (page: Page, asset: string) => page.locator(`#asset-${asset}`)

async function openPalette(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Search' }).getByRole('combobox').fill(text)
}

it.each([
  ['desktop', DESKTOP, 9],
  ['phone', PHONE, 4],
])('the page of all markets, %s', async (_, viewport, columns) => {
  const page = await visit('/markets', { viewport })
  await marketRow(page, 'BTCUSDT').waitFor()
  const cells = marketRow(page, 'BTCUSDT').getByRole('gridcell')
  const isShown = () =>
    cells.evaluateAll((all) => all.filter((cell) => cell.clientWidth > 0).length)
  await expect.poll(isShown, POLL).toBe(columns)
  await expect.poll(() => cells.nth(2).textContent(), POLL).toMatch(/\d/)
  expect(await findings(page)).toEqual([])
  expect(await overflow(page)).toBeLessThanOrEqual(0)

  await page.getByRole('button', { name: 'Market', exact: true }).click()
  const byName = await listed(page)
  expect(byName).toEqual(byName.toSorted())
  await page.getByRole('button', { name: 'Market', exact: true }).click()
  const isReversed = async () => {
    const names = await listed(page)
    return names.length > 1 && String(names) === String(names.toSorted().toReversed())
  }
  await expect.poll(isReversed, POLL).toBe(true)
  await search(page).fill('ether')

  await page.getByRole('button', { name: 'ETH is a favourite' }).click()
  await page.reload()
  await page.getByRole('radio', { name: 'Favourites (1)' }).click()
  expect(await listed(page)).toEqual(['ETHUSDT'])
  await page.getByRole('radio', { name: 'All' }).click()
  await expect.poll(isReversed, POLL).toBe(true)
})

it('the keys of the page of all markets', async () => {
  const page = await visit('/register')
  await register(page)
  await page.getByRole('link', { name: 'Markets' }).click()
  await marketRow(page, 'SOLUSDT').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('usdt')
  await page.getByRole('button', { name: 'Market', exact: true }).click()
  const [first, second] = await listed(page)
  await search(page).focus()
  const active = () => search(page).getAttribute('aria-activedescendant')
  expect(await active()).toBe(`asset-${first}`)
  await page.keyboard.press('ArrowDown')
  expect(await active()).toBe(`asset-${second}`)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/trade?asset=${second}`)
})

it.each([
  ['desktop', DESKTOP],
  ['tablet', TABLET],
  ['phone', PHONE],
])('the list of markets over the chart, %s', async (_, viewport) => {
  const page = await trader(viewport)
  await page.keyboard.press('/')
  await search(page).waitFor()
  await expect
    .poll(() => search(page).evaluate((field) => field.matches(':focus')), POLL)
    .toBe(true)
  await page.keyboard.type('sol')
  await expect.poll(() => listed(page), POLL).toEqual(['SOLUSDT'])
  expect(await findings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.waitForURL('**/trade?asset=SOLUSDT')
  await search(page).waitFor({ state: 'hidden' })
})

it('the palette finds markets, pages and acts', async () => {
  const page = await trader(DESKTOP)
  await openPalette(page, 'eth')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/trade?asset=ETHUSDT')
  await page.getByRole('button', { name: 'Open long ETH' }).waitFor()
  await openPalette(page, 'sell')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Open short ETH' }).waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.id)
  await expect.poll(focused, POLL).toBe('order-size')

  // Also while a field has the focus. The recent ones come first.
  await openPalette(page, '')
  const options = page.getByRole('listbox', { name: 'Results' }).getByRole('option')
  expect(await options.allTextContents()).toEqual(expect.arrayContaining(['Toggle the theme']))
  expect(await options.nth(0).textContent()).toBe('Sell (short)S')
  expect(await options.nth(1).textContent()).toContain('ETH')
  expect(await page.getByRole('option', { name: 'Close all positions' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await openPalette(page, 'theme')
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  const before = await theme()
  await page.keyboard.press('Enter')
  await expect.poll(theme, POLL).not.toBe(before)
  await openPalette(page, 'b')
  expect(await findings(page)).toEqual([])
  await page.keyboard.press('Escape')

  await openOrder(page, { asset: 'ETHUSDT', orderType: 'LONG', leverage: 10, qty: '0.1' })
  await page.getByRole('tab', { name: 'Positions (1)' }).waitFor()
  await openPalette(page, 'close all')
  await page.keyboard.press('Enter')
  const asked = page.getByRole('dialog', { name: 'Close all positions' })
  await asked.getByRole('button', { name: 'Close 1 position' }).click()
  await page.getByRole('tab', { name: 'Positions (0)' }).waitFor()

  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('combobox', { name: 'Search markets, pages and actions' }).fill('sign out')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/')
})

it('the palette on a phone', async () => {
  const page = await trader(PHONE)
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitem', { name: 'Search' }).click()
  const field = page.getByRole('combobox', { name: 'Search markets, pages and actions' })
  await field.fill('buy')
  await page.getByRole('option', { name: 'Buy (long)' }).click()
  await page.getByRole('button', { name: 'Open long BTC' }).waitFor()
  await page.goto('/help')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Search' }).click()
  await field.fill('markets')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/markets')
})

it('the tape shows trades and the spread, and pauses under the pointer', async () => {
  const page = await trader(DESKTOP)
  const tape = page.getByRole('region', { name: 'Trades' })
  const rows = page.getByTestId('trades')
  const first = () => rows.locator('tr').first().textContent()
  await expect.poll(first, POLL).toMatch(/^[\d,.]+\d\d:\d\d:\d\d$/)
  const shown = () => rows.textContent()
  const before = await shown()
  await expect.poll(shown, POLL).not.toBe(before)
  const spread = page.getByTestId('spread')
  await expect.poll(() => spread.textContent(), POLL).toMatch(/Spread[\d,.]+ USD.*[\d.]+ bps/)
  expect(await findings(page)).toEqual([])

  await rows.hover()
  await tape.getByRole('heading', { name: 'Trades, paused' }).waitFor()
  const held = await shown()
  const asset = page.getByTestId('price-BTCUSDT').first()
  const price = await asset.textContent()
  await expect.poll(() => asset.textContent(), POLL).not.toBe(price)
  expect(await shown()).toBe(held)
  await page.mouse.move(400, 400)
  await expect.poll(shown, POLL).not.toBe(held)

  // Nobody trades that much, and the choice is kept.
  await tape.getByRole('combobox', { name: 'Smallest trade' }).selectOption('100000')
  const visible = () => rows.locator('tr:visible').count()
  await expect.poll(visible, POLL).toBeLessThan(10)
  await page.reload()
  await expect.poll(() => tape.getByRole('combobox').inputValue(), POLL).toBe('100000')
})

it('the layouts of the trading page', async () => {
  const page = await trader(DESKTOP)
  const positions = page.getByRole('tab', { name: 'Positions (0)' })
  const order = page.getByRole('button', { name: 'Open long BTC' })
  const left = async () => (await order.boundingBox())?.x ?? 0
  const arrange = async (role: 'menuitemradio' | 'menuitemcheckbox', name: string) => {
    await page.getByRole('button', { name: 'Layout' }).click()
    await page.getByRole(role, { name }).click()
    await page.keyboard.press('Escape')
  }
  await arrange('menuitemradio', 'Focus')
  await positions.waitFor({ state: 'hidden' })
  await page.reload()
  await chartOf(page)
  expect(await positions.count()).toBe(0)
  expect(await page.getByRole('region', { name: 'Trades' }).count()).toBe(0)

  await arrange('menuitemcheckbox', 'Order form at the left')
  await expect.poll(left, POLL).toBeLessThan(200)
  await arrange('menuitemradio', 'Wide')
  await positions.waitFor()
  await chartOf(page)
  expect(await findings(page)).toEqual([])

  await page.getByRole('button', { name: 'Layout' }).click()
  await page.getByRole('menuitem', { name: 'Reset the layout' }).click()
  await expect.poll(left, POLL).toBeGreaterThan(1_000)
  await page.getByRole('region', { name: 'Trades' }).waitFor()
})

it('a grid of charts, each with its own market and timeframe', async () => {
  const page = await trader(DESKTOP)
  await openPalette(page, 'grid of charts')
  await page.keyboard.press('Enter')
  const charts = page.locator('[data-testid=chart][data-state=ready]')
  await expect.poll(() => charts.count(), POLL).toBe(4)
  const cell = (n: number) => page.getByRole('region', { name: `Chart ${n}`, exact: true })
  expect(await findings(page)).toEqual([])

  await cell(2).getByRole('radio', { name: '1h', exact: true }).click()
  await page.getByRole('button', { name: 'Open long ETH' }).waitFor()
  await cell(2).getByText('ETH/USDT · 1h').waitFor()
  await cell(1).getByText('BTC/USDT · 1m').waitFor()
  // The active chart shows the market that is chosen elsewhere.
  await openPalette(page, 'SOLUSDT')
  await page.keyboard.press('Enter')
  await cell(2).getByText('SOL/USDT · 1h').waitFor()

  await page.getByRole('button', { name: 'Remove chart 4' }).click()
  await page.getByRole('button', { name: 'Remove chart 2' }).click()
  await page.getByRole('button', { name: 'Open long BTC' }).waitFor()
  await page.reload()
  await expect.poll(() => charts.count(), POLL).toBe(2)
  await page.getByRole('button', { name: 'Add a chart' }).click()
  await expect.poll(() => charts.count(), POLL).toBe(3)
})

it('a tablet has chart, positions and order form side by side', async () => {
  const page = await trader(TABLET)
  const chart = await (await chartOf(page)).boundingBox()
  const order = await page.getByRole('button', { name: 'Open long BTC' }).boundingBox()
  await page.getByRole('tab', { name: 'Positions (0)' }).waitFor()
  expect((chart?.x ?? 0) + (chart?.width ?? 0)).toBeLessThanOrEqual(order?.x ?? 0)
  expect(await page.getByRole('button', { name: 'Layout' }).count()).toBe(0)
  expect(await findings(page)).toEqual([])
  expect(await overflow(page)).toBeLessThanOrEqual(0)
})
