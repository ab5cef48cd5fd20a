import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings } from './axe.ts'
import { chartOf, inBrowser, openOrder, PHONE, POLL, register, toastOf, visit } from './site.ts'

inBrowser()

const LONG = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' } as const
const SHORT = { asset: 'ETHUSDT', orderType: 'SHORT', leverage: 5, qty: '0.1' } as const
const TABS = ['Order history', 'Fills', 'Position history', 'Account history'] as const

/** Places an order through the API, and returns its id. */
async function place(page: Page, order: object): Promise<string> {
  const answer = await page.request.post('/api/v1/orders', { data: order })
  expect(answer.ok(), await answer.text()).toBe(true)
  return ((await answer.json()) as { order: { orderId: string } }).order.orderId
}

const RESTING = { asset: 'BTCUSDT', type: 'LIMIT', side: 'BUY', qty: '0.01', leverage: 10 } as const

/** Makes two fills and two orders that end: one is filled, the other canceled. */
async function trade(page: Page): Promise<void> {
  await openOrder(page, LONG)
  await openOrder(page, SHORT)
  const orderId = await place(page, { ...RESTING, price: '1000' })
  const canceled = await page.request.delete(`/api/v1/orders/${orderId}`)
  expect(canceled.ok(), await canceled.text()).toBe(true)
  const closed = await page.request.post('/api/v1/positions/close-all', {
    data: { asset: 'ETHUSDT' },
  })
  expect(closed.ok(), await closed.text()).toBe(true)
}

const rowsOf = (page: Page, table: string) =>
  page.getByRole('table', { name: table }).getByRole('row')

/** A filter of the list that is shown. */
const filter = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Filters' }).getByLabel(name)

/** The number of rows between the head and the totals. */
const countOf = async (rows: Locator) => (await rows.count()) - 2

it('filters each list, and its totals and its file are of the same rows', async () => {
  const page = await visit('/register', { timezoneId: 'UTC' })
  await register(page)
  await chartOf(page)
  await trade(page)

  await page.getByRole('tab', { name: 'Order history' }).click()
  const orders = rowsOf(page, 'Order history')
  await expect.poll(() => countOf(orders), POLL).toBe(3)
  await orders.filter({ hasText: '3 orders' }).filter({ hasText: '1 canceled' }).waitFor()
  await filter(page, 'Status').selectOption('Canceled')
  await expect.poll(() => countOf(orders), POLL).toBe(1)
  await orders.filter({ hasText: '1 order' }).filter({ hasText: '0 filled' }).waitFor()
  await filter(page, 'Side').selectOption('Sell')
  await page.getByText('Nothing matches the filter').waitFor()
  await page.getByRole('button', { name: 'Clear the filter' }).click()
  await expect.poll(() => countOf(orders), POLL).toBe(3)

  await page.getByRole('tab', { name: 'Fills' }).click()
  const fills = rowsOf(page, 'Fills')
  await expect.poll(() => countOf(fills), POLL).toBe(3)
  await filter(page, 'Market').selectOption('ETH')
  await expect.poll(() => countOf(fills), POLL).toBe(2)
  const answer = await page.request.get('/api/v1/fills/summary?asset=ETHUSDT')
  const { totals } = (await answer.json()) as { totals: { fills: number; realizedPnL: string } }
  expect(totals.fills).toBe(2)
  await fills.filter({ hasText: '2 fills' }).filter({ hasText: totals.realizedPnL }).waitFor()
  await filter(page, 'Period').selectOption('Today')
  await expect.poll(() => countOf(fills), POLL).toBe(2)
  const downloads = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export this list as CSV' }).click()
  const download = await downloads
  const query = new URL(download.url()).searchParams
  expect([query.get('asset'), query.get('format')]).toEqual(['ETHUSDT', 'csv'])
  expect(Number(query.get('from')) % 86_400_000).toBe(0)
  const file = await page.request.get(download.url())
  expect((await file.text()).trim().split('\r\n')).toHaveLength(3)

  await filter(page, 'Period').selectOption('From – to')
  await filter(page, 'First day').fill('2026-01-02')
  await filter(page, 'Last day').fill('2026-01-01')
  await page.getByText('The period ends before it begins').waitFor()
  await filter(page, 'First day').fill('2025-01-01')
  await page.getByText('Nothing matches the filter').waitFor()

  await page.getByRole('tab', { name: 'Position history' }).click()
  const closed = rowsOf(page, 'Closed positions')
  await expect.poll(() => countOf(closed), POLL).toBe(1)
  await filter(page, 'Side').selectOption('Long')
  await page.getByText('Nothing matches the filter').waitFor()
  await filter(page, 'Side').selectOption('Short')
  await closed.filter({ hasText: '1 position' }).waitFor()
})

it('arranges the columns, and keeps them', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, LONG)
  await openOrder(page, SHORT)
  const table = page.getByRole('table', { name: 'Open positions' })
  const heads = async () =>
    (await table.getByRole('columnheader').allTextContents()).map((text) => text.trim())
  const first = async () => (await heads()).slice(0, 3)
  await expect.poll(heads, POLL).toContain('Break-even')
  await table.getByRole('button', { name: 'Margin (ratio)' }).click()
  const margins = table.getByRole('columnheader', { name: 'Margin (ratio)' })
  expect(await margins.getAttribute('aria-sort')).toBe('descending')

  await page.getByRole('button', { name: 'Choose columns' }).click()
  const chooser = page.getByRole('dialog', { name: 'Columns of the table' })
  await chooser.getByLabel('Break-even', { exact: true }).uncheck()
  await chooser.getByRole('button', { name: 'Move Size back' }).click()
  await page.keyboard.press('Escape')
  await expect.poll(first, POLL).toEqual(['Position', 'Entry', 'Size'])
  expect(await heads()).not.toContain('Break-even')
  await page.reload()
  await expect.poll(first, POLL).toEqual(['Position', 'Entry', 'Size'])
  await page.getByRole('button', { name: 'Choose columns' }).click()
  expect(await findings(page)).toEqual([])
  await chooser.getByRole('button', { name: 'Restore the columns' }).click()
  await expect.poll(heads, POLL).toContain('Break-even')
})

it('adds levels to a position, and takes one back', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, LONG)
  await page.getByRole('button', { name: 'Edit TP / SL of BTC' }).click()
  const dialog = page.getByRole('dialog', { name: 'Take-profit and stop-loss' })
  const add = async (price: string, share: string) => {
    await dialog.getByLabel('Level price').fill(price)
    await dialog.getByRole('button', { name: share, exact: true }).click()
    await dialog.getByRole('button', { name: 'Add level' }).click()
    await expect.poll(() => dialog.getByLabel('Level price').inputValue(), POLL).toBe('')
  }
  await add('900000', '25%')
  await add('950000', '50%')
  const levels = dialog.getByRole('list', { name: 'Levels' }).getByRole('listitem')
  await expect.poll(() => levels.count(), POLL).toBe(2)
  await dialog.getByText('Take-profits cover 75%').waitFor()
  expect(await findings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Remove the take-profit at 950,000.00' }).click()
  await dialog.getByText('Take-profits cover 25%').waitFor()
  await page.keyboard.press('Escape')
  await toastOf(page, 'Order canceled').getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('tab', { name: 'Orders (2)' }).waitFor()
})

it('says what an order waits for, and undoes its cancellation', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await place(page, { ...RESTING, price: '1000', timeInForce: 'GTX' })
  await page.getByRole('tab', { name: 'Orders (1)' }).click()
  const orders = rowsOf(page, 'Open orders')
  const order = orders.filter({ hasText: 'Ask falls to 1,000.00' })
  await order.waitFor()
  await expect.poll(() => page.getByTestId('order-distance').textContent(), POLL).toMatch(/^9\d\./)
  await order.getByRole('button', { name: 'Cancel BTC order' }).click()
  await page.getByText('No open orders').waitFor()
  await toastOf(page, 'Order canceled').getByRole('button', { name: 'Undo' }).click()
  await order.filter({ hasText: 'Post only' }).waitFor()
})

it('shows each list as cards with its totals, on a phone', async () => {
  const page = await visit('/register', { viewport: PHONE, hasTouch: true, isMobile: true })
  await register(page)
  await chartOf(page)
  await trade(page)
  await page.getByRole('navigation').getByRole('button', { name: 'Positions (1)' }).tap()
  const card = page.getByRole('list', { name: 'Open positions' }).getByRole('listitem')
  await card.first().waitFor()
  expect(await card.first().textContent()).toMatch(/Margin \(ratio\).*Break-even.*Fees.*Funding/)
  const found = await findings(page)
  for (const tab of TABS) {
    await page.getByRole('tab', { name: tab }).tap()
    await page.getByLabel('Totals').waitFor()
    found.push(...(await findings(page)))
  }
  expect(found).toEqual([])
  await page.getByRole('tab', { name: 'Fills' }).tap()
  await filter(page, 'Market').selectOption('BTC')
  const fills = page.getByRole('list', { name: 'Fills' }).getByRole('listitem')
  await expect.poll(() => fills.count(), POLL).toBe(1)
  await page.getByLabel('Totals').getByText('1 fill, volume').waitFor()
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(PHONE.width)
})

it('an empty list names the next step, and every list is accessible', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await page.getByText('Choose a side and a size in the order form').waitFor()
  await page.getByRole('tab', { name: 'Orders' }).first().click()
  await page.getByText('Choose the type Limit, Stop or Trailing').waitFor()
  await page.getByRole('tab', { name: 'Fills' }).click()
  await page.getByText('Place an order: each of its trades').waitFor()
  await trade(page)
  await page.getByRole('tab', { name: /^Positions/ }).click()
  const found: string[] = []
  for (const tab of TABS) {
    await page.getByRole('tab', { name: tab }).click()
    const name = tab === 'Position history' ? 'Closed positions' : tab
    await page.getByRole('table', { name }).waitFor()
    found.push(...(await findings(page)))
  }
  expect(found).toEqual([])
})
