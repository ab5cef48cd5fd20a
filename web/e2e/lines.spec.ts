import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  chartOf,
  DESKTOP,
  inBrowser,
  openOrder,
  PHONE,
  POLL,
  register,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

/** Low and far enough that no recorded price reaches it while a test runs. */
const FAR = { limit: '91000', stop: '95000' }

const layer = (page: Page) => page.getByRole('group', { name: 'Lines on the chart' })

/** Returns the label of a line that can be moved. */
function label(page: Page, words: string | RegExp): Locator {
  return layer(page).getByRole('button', { name: words })
}

/** Places an order that waits, as another tab would. */
async function place(page: Page, order: object): Promise<void> {
  const headers = { 'Idempotency-Key': crypto.randomUUID() }
  const data = { asset: 'BTCUSDT', qty: '0.001', leverage: 20, ...order }
  const answer = await page.request.post('/api/v1/orders', { data, headers })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** Returns the prices of the orders that rest. */
async function restingPrices(page: Page): Promise<number[]> {
  const answer = await page.request.get('/api/v1/orders?status=NEW')
  const { orders } = (await answer.json()) as { orders: { price: string | null }[] }
  return orders.map(({ price }) => Number(price))
}

/** Registers, and shows the chart of BTC. */
async function begin(options: Parameters<typeof visit>[1] = {}): Promise<Page> {
  const page = await visit('/register', { viewport: DESKTOP, ...options })
  await register(page)
  await page.goto('/trade?asset=BTCUSDT')
  await chartOf(page)
  return page
}

async function centreOf(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox()
  if (!box) throw new Error('the element has no box')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

it('scrolls to an order out of sight, moves it by its label, and cancels it', async () => {
  const page = await begin()
  await place(page, { side: 'BUY', type: 'LIMIT', price: FAR.limit })
  await label(page, /Limit buy below, scroll to it/).click()
  const handle = label(page, /^Limit buy 0.00100 at/)
  const from = await centreOf(handle)
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x, from.y + 40, { steps: 4 })
  // How far away it would be.
  await layer(page)
    .getByText(/^-\d\.\d\d%$/)
    .waitFor()
  await page.mouse.up()
  const dialog = page.getByRole('dialog', { name: 'Move BTC order' })
  await dialog.getByText(/from 91,000\.00 to/).waitFor()
  await dialog.getByRole('button', { name: 'Move', exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
  const moved = (await restingPrices(page))[0] ?? 0
  expect(moved).toBeLessThan(91_000)
  expect(moved).toBeGreaterThan(90_000)

  await label(page, 'Cancel Limit buy 0.00100').click()
  await toastOf(page, 'Order canceled').waitFor()
  await expect.poll(() => restingPrices(page), POLL).toEqual([])
  await expect.poll(() => label(page, /Limit buy/).count(), POLL).toBe(0)
})

it('leaves an order where it is after Escape, a cancel, or a press without a move', async () => {
  const page = await begin()
  await place(page, { side: 'BUY', type: 'LIMIT', price: FAR.limit })
  await label(page, /Limit buy below/).click()
  const handle = label(page, /^Limit buy 0.00100 at 91,000.00/)
  await handle.click()
  expect(await page.getByRole('dialog').count()).toBe(0)
  const from = await centreOf(handle)
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x, from.y + 40, { steps: 4 })
  await page.keyboard.press('Escape')
  await page.mouse.up()
  await handle.waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)

  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x, from.y + 40, { steps: 4 })
  await page.mouse.up()
  await page.getByRole('dialog').getByRole('button', { name: 'Keep as is' }).click()
  await handle.waitFor()
  expect(await restingPrices(page)).toEqual([91_000])
})

it('moves lines with the keyboard alone', async () => {
  const page = await begin()
  await place(page, { side: 'BUY', type: 'LIMIT', price: FAR.limit })
  await label(page, /Limit buy below/).press('Enter')
  const handle = label(page, /^Limit buy 0.00100/)
  await handle.focus()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Shift+ArrowDown')
  await label(page, /at 90,999\.91/).waitFor()
  await page.keyboard.press('Escape')
  await label(page, /at 91,000\.00/).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Move BTC order' })
  await dialog.getByText('90,999.99').waitFor()
  await page.keyboard.press('Enter')
  await expect.poll(() => restingPrices(page), POLL).toEqual([90_999.99])
  await dialog.waitFor({ state: 'hidden' })
  await handle.focus()
  await page.keyboard.press('Delete')
  await expect.poll(() => restingPrices(page), POLL).toEqual([])
})

it('draws a take-profit from the entry with the keyboard', async () => {
  const page = await begin()
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' })
  await label(page, /^Long 0.01000 BTC, entry at/).focus()
  // Far above the price, wherever it goes meanwhile.
  for (let i = 0; i < 30; i += 1) await page.keyboard.press('PageUp')
  await label(page, /^TP take-profit of the long/).waitFor()
  const [status] = await page.getByRole('status').filter({ hasText: /^TP/ }).allTextContents()
  expect(status).toMatch(
    /^TP take-profit of the long of 0.01000 BTC at [\d,.]+, [-+]\d+\.\d\d, \+0\./,
  )
  await page.keyboard.press('Escape')
  await expect.poll(() => label(page, /^TP/).count(), POLL).toBe(0)

  for (let i = 0; i < 40; i += 1) await page.keyboard.press('PageUp')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Set take-profit' })
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await expect.poll(() => label(page, /^TP/).count(), POLL).toBe(0)
})

it('removes an exit by the × of its label', async () => {
  const page = await begin()
  const order = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }
  await openOrder(page, { ...order, takeProfit: '97000' })
  await label(page, /^↑ TP above/).click()
  await label(page, 'Remove take-profit of the long of 0.01000 BTC').click()
  await toastOf(page, 'Take-profit removed').waitFor()
  await expect.poll(() => label(page, /TP/).count(), POLL).toBe(0)
})

it.each(['linear', 'logarithmic'])('scrolls to a line and back to the price, %s', async (scale) => {
  const page = await begin()
  if (scale === 'logarithmic') await page.keyboard.press('l')
  await place(page, { side: 'BUY', type: 'LIMIT', price: '89000' })
  await label(page, /Limit buy below/).click()
  await label(page, /^Limit buy 0.00100 at 89,000/).waitFor()
  await label(page, /^↑ Price above/).click()
  await label(page, /Limit buy below/).waitFor()
})

it('names every line of a crowd, and finds each', async () => {
  const page = await begin()
  for (let i = 0; i < 24; i += 1) {
    await place(page, { side: 'BUY', type: 'LIMIT', price: String(91_000 + i), qty: '0.0002' })
  }
  await label(page, /24 buy limits below/).click()
  const group = label(page, /^\d+ buy limits show them/)
  await group.first().click()
  const dialog = page.getByRole('dialog', { name: 'Lines at this place' })
  const rows = dialog.getByRole('listitem')
  await expect.poll(() => rows.count(), POLL).toBe(24)
  await dialog.getByRole('button', { name: 'Show Limit buy 0.00020 at 91,007.00' }).click()
  await dialog.waitFor({ state: 'hidden' })
  const found = label(page, /^Limit buy 0.00020 at 91,007\.00/)
  await expect
    .poll(() => found.evaluate((element) => element === document.activeElement), POLL)
    .toBe(true)
})

it('moves an order by touch on a phone', async () => {
  const page = await begin({ viewport: PHONE, hasTouch: true, isMobile: true })
  await place(page, { side: 'BUY', type: 'LIMIT', price: FAR.limit })
  await label(page, /Limit buy below/).tap()
  const handle = label(page, /^Limit buy 0.00100 at/)
  const { x, y } = await centreOf(handle)
  const touch = await page.context().newCDPSession(page)
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', to: number) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x, y: to }],
    })
  await send('touchStart', y)
  for (const away of [10, 20, 30]) await send('touchMove', y + away)
  await send('touchEnd', y + 30)
  const dialog = page.getByRole('dialog', { name: 'Move BTC order' })
  await dialog.getByRole('button', { name: 'Move', exact: true }).tap()
  await dialog.waitFor({ state: 'hidden' })
  const [moved = 0] = await restingPrices(page)
  expect(moved).toBeLessThan(91_000)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(PHONE.width)
})

it('marks fills on the candles, with what they were', async () => {
  const page = await begin()
  const position = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }
  const fetched = page.waitForResponse(async (response) => {
    if (!response.url().includes('/api/v1/fills?asset=BTCUSDT')) return false
    return ((await response.json()) as { fills: unknown[] }).fills.length === 1
  })
  await openOrder(page, position)
  await fetched
  const chart = await chartOf(page)
  const box = await chart.boundingBox()
  if (!box) throw new Error('the chart has no box')
  // The mark is below the last candle; the search goes up from the bottom.
  const tip = page.getByRole('tooltip')
  const sees = async () => {
    for (let x = box.width - 100; x > box.width - 200; x -= 10) {
      for (let y = box.height - 40; y > 0; y -= 10) {
        await page.mouse.move(box.x + x, box.y + y)
        if (await tip.isVisible()) return true
      }
    }
    return false
  }
  await expect.poll(sees, POLL).toBe(true)
  expect(await tip.textContent()).toMatch(/^Buy0\.01000 BTCat [\d,]+\.\d\d/)
  await page.getByRole('button', { name: 'Chart options' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Fills' }).click()
  await page.keyboard.press('Escape')
  expect(await sees()).toBe(false)
})
