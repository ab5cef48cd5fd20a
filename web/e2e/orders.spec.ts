import { expect, it } from 'vitest'
import { freeMargin, inBrowser, PHONE, POLL, register, seeChange, toastOf, visit } from './site.ts'

inBrowser()

const kind = 'Order type'

it('a limit order rests, reserves its margin, and is canceled', async () => {
  const page = await visit('/register')
  await register(page)
  await seeChange(page, 'price-BTCUSDT')
  await page.getByLabel(kind).getByText('Limit', { exact: true }).click()
  await page.getByRole('button', { name: 'Limit: buy BTC' }).click()
  await page.getByText('Enter a price').waitFor()
  await page.getByLabel('Limit price').fill('1000')
  await page.getByLabel('Size', { exact: true }).fill('0.1')
  await page.getByText('Post only').click()
  await page.getByRole('button', { name: 'Limit: buy BTC' }).click()
  await toastOf(page, 'Order placed').waitFor()
  // A tenth of 100 USD.
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('990.00')

  await page.getByRole('tab', { name: 'Orders (1)' }).click()
  const rows = page.getByRole('table', { name: 'Open orders' }).getByRole('row')
  const row = rows.filter({ hasText: '0.10000 BTC' })
  expect(await row.textContent()).toMatch(/BTCBuy.*Limit.*Post only.*1,000\.00/)
  await row.getByRole('button', { name: 'Change BTC order' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change order' })
  await dialog.getByLabel('Size').fill('0')
  await dialog.getByRole('button', { name: 'Change order' }).click()
  await dialog.getByText('Must be above zero').waitFor()
  await dialog.getByLabel('Size').fill('0.1')
  await dialog.getByLabel('Limit price').fill('2000')
  await dialog.getByRole('button', { name: 'Change order' }).click()
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('980.00')
  await row.getByRole('button', { name: 'Cancel BTC order' }).click()
  await page.getByText('No open orders').waitFor()
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')
})

it('a limit order that the market has reached fills at once', async () => {
  const page = await visit('/register')
  await register(page)
  await seeChange(page, 'price-BTCUSDT')
  await page.getByLabel(kind).getByText('Limit', { exact: true }).click()
  await page.getByLabel('Limit price').fill('900000')
  await page.getByText(/Fills at once at the ask/).waitFor()
  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await page.getByRole('button', { name: 'Limit: buy BTC' }).click()
  await page.getByRole('tab', { name: 'Positions (1)' }).waitFor()
  await page.getByRole('tab', { name: 'Orders', exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Fills' }).click()
  const fills = page.getByRole('table', { name: 'Fills' }).getByRole('row')
  const fill = fills.filter({ hasText: '0.01000 BTC' })
  await fill.waitFor()
  expect(await fill.textContent()).toMatch(/BTCBuy.*Taker/)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export this list as CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toBe('velox-fills.csv')
})

it('a stop fills when the market comes to its trigger, on a phone', async () => {
  const page = await visit('/register', { viewport: PHONE, hasTouch: true, isMobile: true })
  await register(page)
  await page.getByRole('button', { name: 'Trade', exact: true }).tap()
  await page.getByLabel(kind).getByText('Stop', { exact: true }).tap()
  await page.getByLabel('Trigger price').fill('900000')
  await page.getByText('Stop: triggers when the ask rises to 900,000.00').waitFor()
  await page.getByLabel('Size', { exact: true }).fill('0.0001')
  await page.getByRole('button', { name: 'Stop: buy BTC' }).tap()
  await page.getByRole('button', { name: 'Positions', exact: true }).tap()
  await page.getByRole('tab', { name: 'Orders (1)' }).tap()
  const cards = page.getByRole('list', { name: 'Open orders' }).getByRole('listitem')
  await cards.first().waitFor()
  expect(await cards.first().textContent()).toContain('900,000.00')
  await page.getByRole('button', { name: 'Cancel all' }).tap()
  await page.getByText('No open orders').waitFor()
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(PHONE.width)
})
