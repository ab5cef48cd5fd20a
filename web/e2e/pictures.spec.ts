import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { difference } from './picture.ts'
import { chartOf, DESKTOP, inBrowser, openOrder, PHONE, register, visit } from './site.ts'

inBrowser()

const LOOKS = [
  ['desktop-dark', { viewport: DESKTOP, colorScheme: 'dark' }],
  ['desktop-light', { viewport: DESKTOP, colorScheme: 'light' }],
  ['phone-dark', { viewport: PHONE, colorScheme: 'dark' }],
] as const

/** Half the size is enough to see what has moved. */
const SCALE = { deviceScaleFactor: 0.5 }

const PHONE_VIEWS = [
  ['trade', 'Chart'],
  ['trade-ticket', 'Trade'],
  ['trade-positions', 'Positions (1)'],
  ['trade-account', 'Account'],
] as const

/** Opens each page, waits for its content, and returns how it differs from its picture. */
async function differences(page: Page, look: string, pages: readonly [string, string, string][]) {
  const found: (string | null)[] = []
  for (const [name, path, content] of pages) {
    await page.goto(path)
    await page.locator(content).first().waitFor()
    if (path === '/') await chartOf(page)
    found.push(await difference(page, `${name}-${look}`))
  }
  return found.filter((each) => each !== null)
}

it.each(LOOKS)('public pages look as before, %s', async (look, options) => {
  const page = await visit('/', { ...options, ...SCALE })
  const pages: [string, string, string][] = [
    ['landing', '/', '[data-testid=chart]'],
    ['sign-in', '/signin', 'form'],
    ['register', '/register', 'form'],
    ['help', '/help', '#liquidation'],
    ['markets', '/markets', 'text=SOL'],
  ]
  expect(await differences(page, look, pages)).toEqual([])
})

it.each(LOOKS)('pages of a trader look as before, %s', async (look, options) => {
  const page = await visit('/register', { ...options, ...SCALE })
  await register(page)
  await chartOf(page)
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' })
  const found: (string | null)[] = []
  const isPhone = options.viewport === PHONE
  // Each picture leaves a page that no longer works.
  for (const [name, view] of isPhone ? PHONE_VIEWS : [['trade', ''] as const]) {
    await page.reload()
    if (isPhone) await page.getByRole('navigation').getByRole('button', { name: view }).click()
    if (view === '' || view === 'Chart') await chartOf(page)
    await page
      .getByText(/Positions \(1\)/)
      .first()
      .waitFor()
    found.push(await difference(page, `${name}-${look}`))
  }
  const others = await differences(page, look, [
    ['portfolio', '/portfolio', '[data-testid=equity-chart][data-state=ready]'],
    ['account', '/account', 'text=This session'],
  ])
  expect([...found, ...others].filter((each) => each !== null)).toEqual([])
})
