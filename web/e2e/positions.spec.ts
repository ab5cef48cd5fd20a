import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings } from './axe.ts'
import { chartOf, inBrowser, openOrder, PHONE, register, visit } from './site.ts'

inBrowser()

const ORDER = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' } as const

/** Opens a dialog from the menu of the only position. */
async function choose(page: Page, item: string) {
  await page.getByRole('button', { name: 'More actions for BTC position' }).click()
  await page.getByRole('menuitem', { name: item }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  return dialog
}

it('closes a part, adds margin, reverses, and closes all', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  const rows = page.getByRole('table', { name: 'Open positions' }).getByRole('row')
  await page.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '50%' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close part' }).click()
  await rows.filter({ hasText: '0.00500 BTC' }).waitFor()

  const margin = await choose(page, 'Add or remove margin…')
  await margin.getByLabel('Amount to add').fill('5')
  await margin.getByRole('button', { name: 'Add margin' }).click()
  await page.getByText('Margin added: BTC').first().waitFor()

  const reverse = await choose(page, 'Reverse…')
  await reverse.getByRole('button', { name: 'Reverse position' }).click()
  await rows.filter({ hasText: 'Short 10×' }).filter({ hasText: '0.00500 BTC' }).waitFor()
  // With the head and the totals.
  expect(await rows.count()).toBe(3)

  await page.getByRole('button', { name: 'Close all' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close 1 position' }).click()
  await page.getByText('No open positions').waitFor()
})

it('closes at a limit price by an order that rests', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  const dialog = await choose(page, 'Close a part or at a limit…')
  await dialog.getByRole('switch', { name: 'At a limit price' }).click()
  await dialog.getByLabel('Limit price').fill('900000')
  await dialog.getByRole('button', { name: 'Place limit order' }).click()
  await page.getByRole('tab', { name: 'Orders (1)' }).click()
  const orders = page.getByRole('table', { name: 'Open orders' }).getByRole('row')
  await orders.filter({ hasText: '900,000.00' }).waitFor()
})

it('has accessible menus and dialogs, on a phone, too', async () => {
  const page = await visit('/register', { viewport: PHONE })
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  await page.getByRole('navigation').getByRole('button', { name: 'Positions (1)' }).click()
  await page.getByRole('button', { name: 'More actions for BTC position' }).click()
  await page.getByRole('menu').waitFor()
  const found = await findings(page)
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'hidden' })
  for (const item of ['Close a part or at a limit…', 'Reverse…', 'Add or remove margin…']) {
    await choose(page, item)
    found.push(...(await findings(page)))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
  await page.getByRole('button', { name: 'Close all' }).click()
  await page.getByRole('dialog').waitFor()
  found.push(...(await findings(page)))
  expect(found).toEqual([])
})
