import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { chartOf, DESKTOP, inBrowser, PASSWORD, PHONE, POLL, somebody, visit } from './site.ts'

inBrowser()

const LANGUAGES = [
  ['de', 'Märkte'],
  ['es', 'Mercados'],
  ['zh', '市场'],
] as const

const language = (page: Page) => page.locator('html').getAttribute('lang')

/** Registers with the form, whatever its language. */
async function join(page: Page): Promise<void> {
  const { email } = somebody()
  await page.locator('input[type=email]').fill(email)
  await page.locator('input[type=password]').fill(PASSWORD)
  await page.locator('form button[type=submit]').click()
  await page.waitForURL('**/trade')
  await chartOf(page)
}

it('follows the language of the browser, also in its numbers', async () => {
  const page = await visit('/register', { locale: 'de-AT' })
  expect(await language(page)).toBe('de')
  await join(page)
  expect(await page.getByTestId('price-BTCUSDT').first().textContent()).toMatch(
    /^\d\d\.\d{3},\d\d$/,
  )

  const size = page.locator('#order-size')
  // In this notation the point separates thousands.
  await size.fill('0.02')
  await page.getByRole('button', { name: 'BTC Long eröffnen' }).click()
  await expect.poll(() => size.getAttribute('aria-invalid'), POLL).toBe('true')
  await size.fill('0,02')
  await page.getByRole('button', { name: 'BTC Long eröffnen' }).click()
  await page.getByRole('row').filter({ hasText: '0,02000 BTC' }).waitFor()
})

it('changes to the chosen language, and keeps it', async () => {
  const page = await visit('/')
  expect(await language(page)).toBe('en')
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitemradio', { name: '中文' }).click()
  await expect.poll(() => language(page), POLL).toBe('zh')
  await page.goto('/markets')
  await page.getByRole('heading', { name: '市场' }).waitFor()
  await page.getByRole('button', { name: '语言' }).click()
  await page.getByRole('menuitemradio', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Markets' }).waitFor()
})

it.each(LANGUAGES)('has accessible pages that fit their windows, %s', async (locale, markets) => {
  const page = await visit('/markets', { locale })
  await page.getByRole('heading', { name: markets, exact: true }).waitFor()
  await page.goto('/register')
  await join(page)
  const found: string[] = []
  for (const path of [
    '/trade',
    '/portfolio',
    '/account',
    '/markets',
    '/leaderboard',
    '/help',
    '/',
  ]) {
    await page.goto(path)
    await page.getByRole('main').first().waitFor()
    if (path === '/trade') await chartOf(page)
    for (const viewport of [PHONE, DESKTOP]) {
      await page.setViewportSize(viewport)
      const tooWide = await overflow(page)
      if (tooWide > 0) found.push(`${path} is ${tooWide} px too wide at ${viewport.width}`)
    }
    found.push(...(await findings(page)))
  }
  expect(found).toEqual([])
})
