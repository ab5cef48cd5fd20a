/** Tests of the pages that are independent of trading. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  chartOf,
  DESKTOP,
  forgive,
  inBrowser,
  openOrder,
  PASSWORD,
  PHONE,
  POLL,
  register,
  SITE,
  somebody,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

const ORDER = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.001' }
const PHONE_VIEWS = ['Chart', 'Trade', /^Positions/, 'Account']

/** Returns the controls that are covered by visible toasts. */
async function covered(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const step = 6
    const controls = 'a, button, input, select, summary, [tabindex="0"]'
    const found = new Set<string>()
    for (const toast of document.querySelectorAll('[data-kind]')) {
      const { left, top, right, bottom } = toast.getBoundingClientRect()
      for (let x = left; x <= right; x += step) {
        for (let y = top; y <= bottom; y += step) {
          // Toasts that ignore the mouse are not among the elements.
          const control = document
            .elementsFromPoint(x, y)
            .map((element) => element.closest(controls))
            .find((element) => element && !element.closest('[role=region], [data-kind]'))
          if (control) found.add(control.outerHTML.slice(0, 80))
        }
      }
    }
    return [...found]
  })
}

async function showToasts(page: Page, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    // One after the other, as a trader would.
    // oxlint-disable-next-line no-await-in-loop
    await openOrder(page, ORDER)
  }
  await expect.poll(() => toastOf(page, 'Opened').count(), POLL).toBeGreaterThanOrEqual(count)
}

it('toasts cover no control, desktop', async () => {
  const page = await visit('/register', { viewport: DESKTOP })
  await register(page)
  await chartOf(page)
  await page.getByTestId('connection').getByText('Replayed prices').waitFor()
  await showToasts(page, 3)
  expect(await covered(page)).toEqual([])
  const box = await toastOf(page, 'Opened').first().boundingBox()
  expect(box?.height).toBeGreaterThan(20)
})

it('toasts cover no control, phone', async () => {
  const page = await visit('/register', { viewport: PHONE })
  await register(page)
  await chartOf(page)
  await page.getByTestId('connection').getByText('Replayed prices').waitFor()
  for (const view of PHONE_VIEWS) {
    await page.getByRole('navigation').getByRole('button', { name: view }).click()
    await showToasts(page, 1)
    expect(await covered(page), String(view)).toEqual([])
  }
})

it('toasts cover no control of a scrolling page', async () => {
  const page = await visit('/register', { viewport: PHONE })
  await register(page)
  await page.goto('/account')
  const form = page.getByRole('form', { name: 'Change the phone number' })
  await form.getByLabel('Phone').fill(somebody().phone)
  await form.getByLabel('Current password').fill(PASSWORD)
  await form.getByRole('button', { name: 'Change phone number' }).click()
  await toastOf(page, 'Phone number changed').waitFor()
  expect(await covered(page)).toEqual([])
})

it.each(['light', 'dark'] as const)(
  'follows the system’s %s theme until the user chooses one',
  async (system) => {
    const page = await visit('/', { colorScheme: system })
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
    expect(await theme()).toBe(system)
    const other = system === 'light' ? 'dark' : 'light'
    await page.emulateMedia({ colorScheme: other })
    await expect.poll(theme, POLL).toBe(other)
    const name = other === 'light' ? 'Dark theme' : 'Light theme'
    await page.getByRole('button', { name }).click()
    await page.emulateMedia({ colorScheme: other })
    await page.reload()
    expect(await theme()).toBe(system)
  },
)

it('redirects signed-in users from sign-in and registration', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/signin')
  await page.waitForURL('**/trade')
  await page.goto('/register?next=/account')
  await page.waitForURL('**/account')
})

it.each(['/signin', '/register'])('the first field of %s has the focus', async (path) => {
  const page = await visit(path)
  await page.getByLabel('Email').waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name'))
  await expect.poll(focused, POLL).toBe('email')
  await page.keyboard.type('ann@example.com')
  expect(await page.getByLabel('Email').inputValue()).toBe('ann@example.com')
})

it('shows a 404 page, with the status', async () => {
  forgive(/404/)
  const page = await visit('/')
  const answer = await page.goto('/nowhere')
  expect(answer?.status()).toBe(404)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  for (const file of ['/robots.txt', '/manifest.webmanifest']) {
    const found = await page.request.get(file)
    expect(found.status(), file).toBe(200)
    expect(found.headers()['content-type'], file).not.toContain('html')
  }
  expect((await page.request.get('/assets/of-another-build.js')).status()).toBe(404)
})

it('shows times in one zone in chart and tables, and names it', async () => {
  const page = await visit('/register', { timezoneId: 'Asia/Kolkata' })
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  await page.getByRole('tab', { name: 'Account history' }).click()
  const table = page.getByRole('table', { name: 'Account history' })
  const shown = async () => {
    const text = await table.getByRole('cell').first().textContent()
    return Date.parse(`${text?.replace(' ', 'T')}Z`)
  }
  const heading = table.getByRole('columnheader', { name: /^Time/ })
  await expect.poll(() => heading.textContent(), POLL).toBe('Time (UTC+5:30)')
  const local = await shown()
  await page.getByRole('button', { name: 'Times in UTC+5:30' }).click()
  await page.getByRole('menu').getByText('UTC', { exact: true }).first().click()
  await expect.poll(() => heading.textContent(), POLL).toBe('Time (UTC)')
  expect(local - (await shown())).toBe(5.5 * 3_600_000)
  await page.reload()
  await page.getByRole('button', { name: 'Times in UTC' }).waitFor()
})

it('shows that recorded prices are recorded', async () => {
  const page = await visit('/')
  await page.getByRole('heading', { name: /at recorded prices/ }).waitFor()
  expect(await page.getByRole('main').textContent()).not.toMatch(/live prices|Binance/)
  await page.goto('/help')
  await page.getByText('the prices are replayed from a recording').waitFor()
})

it('shows the server’s 24-hour figures', async () => {
  const page = await visit('/')
  const answer = await page.request.get('/api/v1/tickers?asset=BTCUSDT')
  const [ticker] = (await answer.json()).tickers
  expect(BigInt(ticker.highInt)).toBeGreaterThanOrEqual(BigInt(ticker.lowInt))
  const asked = page.waitForRequest((request) => request.url().includes('/api/v1/tickers'))
  await page.reload()
  await asked
  await expect.poll(() => page.getByText(/^[+-]?\d+\.\d\d%$/).count(), POLL).toBeGreaterThan(0)
})

it('exports closed positions as a file from the server', async () => {
  const page = await visit('/register')
  await register(page)
  await openOrder(page, ORDER)
  await page.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close position' }).click()
  await page.getByRole('tab', { name: 'Position history' }).click()
  const table = page.getByRole('table', { name: 'Closed positions' })
  await table.getByRole('row').nth(1).waitFor()
  const rows = async () => {
    const file = await page.request.get(`${SITE}/api/v1/order/user/closed-orders.csv`)
    return (await file.text()).trim().split('\r\n').length
  }
  await expect.poll(rows, POLL).toBe(2)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export this list as CSV' }).click()
  expect((await download).suggestedFilename()).toBe('velox-closed-positions.csv')
  // The sign is the market's: a price may rise above the spread before the close.
  await expect
    .poll(() => page.getByTestId('realized').first().textContent(), POLL)
    .toMatch(/^[+-]?\d+\.\d\d$/)
})
