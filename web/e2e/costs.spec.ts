/** Tests of what trading costs: the statement, and the figures of markets that have costs. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { chartOf, DESKTOP, inBrowser, openOrder, PHONE, POLL, register, visit } from './site.ts'

inBrowser()

const ORDER = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }
const HOUR_MS = 3_600_000

type Fields = Record<string, unknown>

/** Parameters of a market with costs; the stack's own markets have none. */
const COSTS: Fields = {
  takerFeePpm: 500,
  liquidationFeePpm: 12_500,
  funding: { source: 'VENUE', intervalHours: 8, capPpm: 3_000 },
  liquidationModel: 'MAINTENANCE',
  brackets: [
    {
      notionalCap: '50000',
      notionalCapInt: '5000000000000',
      maxLeverage: 100,
      maintenancePpm: 4_000,
      maintenanceAmount: '0',
      maintenanceAmountInt: '0',
    },
    {
      notionalCap: '600000',
      notionalCapInt: '60000000000000',
      maxLeverage: 50,
      maintenancePpm: 5_000,
      maintenanceAmount: '50',
      maintenanceAmountInt: '5000000000',
    },
  ],
}

/** Makes the page see costs in all markets, and a mark price of Bitcoin that is too old. */
async function withCosts(page: Page): Promise<void> {
  await page.route('**/api/v1/markets', async (route) => {
    const response = await route.fetch()
    const { markets } = (await response.json()) as { markets: Fields[] }
    const json = { markets: markets.map((market) => ({ ...market, ...COSTS })) }
    await route.fulfill({ response, json })
  })
  const marked = {
    symbol: 'BTCUSDT',
    markPrice: '92000.1',
    markPriceInt: '9200010000000',
    indexPrice: null,
    indexPriceInt: null,
    fundingRate: '0.0001',
    fundingRateInt: '10000',
    nextFundingTime: Date.now() + 3 * HOUR_MS,
    markedAt: Date.now(),
    markProblem: 'STALE',
  }
  const json = { success: true, markets: [marked], fundings: [], nextCursor: null }
  await page.route('**/api/v1/funding?*', (route) => route.fulfill({ json }))
}

it('lists the statement, by kind and as a file', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  await page.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close position' }).click()
  await page.getByText('No open positions').waitFor()
  // A market without costs is shown without them.
  expect(await page.getByTestId('mark-price').count()).toBe(0)
  expect(await page.getByText('Fee to open').count()).toBe(0)

  await page.getByRole('tab', { name: 'Account history' }).click()
  const rows = page.getByRole('table', { name: 'Account history' }).getByRole('row')
  // The lines are stored a moment after the close.
  await rows.filter({ hasText: 'Realized P&L' }).waitFor()
  await rows.filter({ hasText: 'Transfer' }).filter({ hasText: '+1,000.00' }).waitFor()
  await rows.filter({ hasText: 'Balance after' }).waitFor()
  await page.getByLabel('Kind', { exact: true }).selectOption('Transfer')
  // With the head and the totals.
  await expect.poll(() => rows.count(), POLL).toBe(3)

  const downloads = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export this list as CSV' }).click()
  const download = await downloads
  expect(download.suggestedFilename()).toMatch(/\.csv$/)
  expect(new URL(download.url()).search).toBe('?kind=TRANSFER&format=csv')
})

it.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)('shows costs, and a mark price that closes nothing, %s', async (name, viewport) => {
  const page = await visit('/register', { viewport })
  await withCosts(page)
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  await page.getByTestId('mark-untrusted').first().waitFor()
  expect(await page.getByTestId('next-funding').textContent()).toMatch(/^0\.0100% in [23]h/)
  if (name === 'desktop') {
    await page.getByTestId('mark-untrusted').first().hover()
    await page.getByRole('tooltip').getByText('it liquidates no position').waitFor()
  } else {
    const views = page.getByRole('navigation')
    await views.getByRole('button', { name: 'Positions (1)' }).click()
    await page.getByTestId('mark-notice').waitFor()
    await views.getByRole('button', { name: 'Trade' }).click()
  }

  await page.getByLabel('Size', { exact: true }).fill('1')
  const preview = page.getByLabel('Preview')
  await preview.getByText('Fee to open').waitFor()
  await expect.poll(() => preview.textContent(), POLL).toMatch(/Next fundingPays 9\.21 USD/)
  await page.getByRole('textbox', { name: 'Leverage' }).fill('51')
  await page.getByText('At this size at most 50×').waitFor()
  expect(await findings(page)).toEqual([])
  expect(await overflow(page)).toBeLessThanOrEqual(0)
})
