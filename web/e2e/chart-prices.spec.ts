/** The menu at a price of the chart, the orders that it proposes, and price alerts. */

import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings } from './axe.ts'
import { chartOf, inBrowser, PHONE, POLL, register, seeChange, toastOf, visit } from './site.ts'

inBrowser()

const menuItem = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('menuitem', { name })

const labels = (page: Page): Locator => page.getByRole('group', { name: 'Lines on the chart' })

/** Returns a place of the chart: near its left edge, at a share of its height. */
async function placeOn(page: Page, share: number): Promise<{ x: number; y: number }> {
  const box = await (await chartOf(page)).boundingBox()
  if (!box) throw new Error('the chart has no box')
  return { x: box.x + 120, y: box.y + box.height * share }
}

async function rightClick(page: Page, share: number): Promise<void> {
  const { x, y } = await placeOn(page, share)
  await page.mouse.click(x, y, { button: 'right' })
}

async function begin(options: Parameters<typeof visit>[1] = {}): Promise<Page> {
  const page = await visit('/register', options)
  await register(page)
  await page.goto('/trade?asset=BTCUSDT')
  await chartOf(page)
  return page
}

it('fills the order form with a limit from the menu', async () => {
  const page = await begin()
  await seeChange(page, 'price-BTCUSDT')
  await page.getByLabel('Size', { exact: true }).fill('0.001')
  // Below every candle, so that a buy waits.
  await rightClick(page, 0.62)
  const limit = menuItem(page, /^Buy limit at/)
  const [price = ''] = /[\d,.]+$/.exec((await limit.textContent()) ?? '') ?? []
  expect(await findings(page)).toEqual([])
  await limit.click()
  const field = page.getByLabel('Limit price')
  await expect
    .poll(() => field.inputValue().then(Number), POLL)
    .toBe(Number(price.replace(',', '')))
  // What was typed stays, and what lacks has the focus.
  const size = page.getByLabel('Size', { exact: true })
  expect(await size.inputValue()).toBe('0.001')
  await expect.poll(() => size.evaluate((e) => e === document.activeElement), POLL).toBe(true)
  await page.getByRole('button', { name: 'Limit: buy BTC' }).waitFor()
  // Nothing was sent.
  await page.getByRole('tab', { name: 'Orders', exact: true }).waitFor()
})

it('fills the form with a stop from the + at the axis', async () => {
  const page = await begin()
  await seeChange(page, 'price-BTCUSDT')
  const { x, y } = await placeOn(page, 0.62)
  await page.mouse.move(x, y)
  await page.mouse.move(x + 5, y)
  const plus = page.getByRole('button', { name: 'Order or alert at this price' })
  await plus.click()
  await menuItem(page, /^Sell stop at/).click()
  await page.getByRole('button', { name: 'Stop: sell BTC' }).waitFor()
  expect(await page.getByLabel('Trigger price').inputValue()).toMatch(/^\d+/)
})

it('opens the menu with the keyboard, and closes it where it was', async () => {
  const page = await begin()
  const button = page.getByRole('button', { name: 'Orders and alerts at a price' })
  await button.focus()
  await page.keyboard.press('Enter')
  await menuItem(page, /^Set alert at/).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => button.evaluate((e) => e === document.activeElement), POLL).toBe(true)
})

it('sets, moves, lists and deletes an alert', async () => {
  const page = await begin()
  await seeChange(page, 'price-BTCUSDT')
  await rightClick(page, 0.65)
  await menuItem(page, /^Set alert at/).click()
  await toastOf(page, /^Alert set: BTC at/).waitFor()
  const handle = labels(page).getByRole('button', { name: /^Alert at/ })
  await handle.focus()
  const before = await handle.textContent()
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Enter')
  await expect.poll(() => handle.textContent(), POLL).not.toBe(before)

  // It is kept, and known while another market is shown.
  await page.goto('/trade?asset=ETHUSDT')
  await chartOf(page)
  await page.getByRole('button', { name: 'Chart options' }).click()
  await menuItem(page, 'Price alerts…').click()
  const dialog = page.getByRole('dialog', { name: 'Price alerts' })
  await dialog.getByText('Falls to').waitFor()
  expect(await findings(page)).toEqual([])
  await dialog.getByRole('button', { name: /^Delete the alert for BTC at/ }).click()
  await dialog.getByText('No alerts.').waitFor()
})

it('tells when the price reaches an alert, also of another market', async () => {
  const page = await begin()
  await seeChange(page, 'price-BTCUSDT')
  // At the last price itself, which moves on or has been reached.
  await page.getByRole('button', { name: 'Orders and alerts at a price' }).focus()
  await page.keyboard.press('Enter')
  await menuItem(page, /^Set alert at/).click()
  await page.keyboard.press('2')
  await page.waitForURL('**/trade?asset=ETHUSDT')
  await toastOf(page, /^Price alert: BTC/).waitFor()
  await expect
    .poll(
      () =>
        labels(page)
          .getByRole('button', { name: /^Alert/ })
          .count(),
      POLL,
    )
    .toBe(0)
})

it('proposes an order after a long press on a phone', async () => {
  const page = await begin({ viewport: PHONE, hasTouch: true, isMobile: true })
  await seeChange(page, 'price-BTCUSDT')
  const { x, y } = await placeOn(page, 0.75)
  const touch = await page.context().newCDPSession(page)
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] })
  await menuItem(page, /^Buy limit at/).waitFor()
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await menuItem(page, /^Buy limit at/).tap()
  // The form is another view here.
  await page.getByRole('button', { name: 'Limit: buy BTC' }).waitFor()
  expect(Number(await page.getByLabel('Limit price').inputValue())).toBeGreaterThan(0)
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(PHONE.width)
})
