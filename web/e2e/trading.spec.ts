import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  freeMargin,
  PASSWORD,
  PHONE,
  POLL,
  register,
  seeChange,
  somebody,
  inBrowser,
  visit,
} from './site.ts'

inBrowser()

it('a new trader registers, opens, watches and closes a position', async () => {
  const page = await visit('/')
  await seeChange(page, 'price-BTCUSDT')
  await page.getByRole('link', { name: 'Register' }).first().click()
  await register(page)
  await page.locator('[data-testid=chart][data-state=ready]').waitFor()
  await seeChange(page, 'price-BTCUSDT')
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')

  await page.getByLabel('Size', { exact: true }).fill('0.05')
  for (const exit of ['Take-profit', 'Stop-loss']) {
    await page.getByLabel(`${exit} as`).getByText('ROE').click()
    await page.getByLabel(exit, { exact: true }).fill('60')
  }
  await page.getByRole('button', { name: 'Open long BTC' }).dblclick()

  const rows = page.getByRole('table', { name: 'Open positions' }).getByRole('row')
  const row = rows.filter({ hasText: '0.05000 BTC' })
  await row.waitFor()
  // With the head and the totals.
  expect(await rows.count()).toBe(3)
  expect(await row.textContent()).toMatch(/TP [\d,]+\.\d\d.*SL [\d,]+\.\d\d/)
  await expect.poll(() => freeMargin(page).textContent(), POLL).not.toBe('1,000.00')
  await seeChange(page, 'pnl')

  await row.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close position' }).click()
  await row.waitFor({ state: 'detached' })
  await page.getByRole('tab', { name: 'Position history' }).click()
  const closed = page.getByRole('table', { name: 'Closed positions' })
  await closed.getByRole('row').filter({ hasText: '0.05000 BTC' }).waitFor()
})

it('shows a problem at its field and sends nothing', async () => {
  const page = await visit('/register')
  await register(page)
  await page.getByLabel('Size', { exact: true }).fill('1000')
  await expect
    .poll(() => page.getByLabel('Size', { exact: true }).getAttribute('aria-invalid'), POLL)
    .toBe('true')
  await page.getByRole('button', { name: 'Open long BTC' }).click()
  expect(await freeMargin(page).textContent()).toBe('1,000.00')
})

/** Presses Tab until the target has the focus. */
async function tabTo(target: Locator): Promise<void> {
  await target.waitFor()
  const isThere = () => target.evaluate((element) => element === document.activeElement)
  for (let presses = 0; presses < 100; presses += 1) {
    if (await isThere()) return
    await target.page().keyboard.press('Tab')
  }
  throw new Error('the target can’t be reached with Tab')
}

it('trades with the keyboard alone', async () => {
  const page = await visit('/register')
  const { email, phone } = somebody()
  await tabTo(page.getByLabel('Email'))
  for (const text of [email, phone, PASSWORD]) {
    await page.keyboard.type(text)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.waitForURL('**/trade')
  await page.locator('[data-testid=chart][data-state=ready]').waitFor()

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.keyboard.press('2')
  await page.waitForURL('**/trade?asset=ETHUSDT')
  await seeChange(page, 'price-ETHUSDT')
  await page.keyboard.press('s')
  await page.getByRole('button', { name: 'Open short ETH' }).waitFor()
  await page.keyboard.press('q')
  await page.keyboard.type('0.5')
  await page.keyboard.press('Enter')

  const close = page.getByRole('button', { name: 'Close ETH position' })
  await tabTo(close)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Close ETH position' }).waitFor()
  await page.keyboard.press('Enter')
  await close.waitFor({ state: 'detached' })
})

it('trades on a phone', async () => {
  const page = await visit('/register', { viewport: PHONE, hasTouch: true, isMobile: true })
  await register(page)
  await page.locator('[data-testid=chart][data-state=ready]').waitFor()
  await page.getByRole('button', { name: 'Short', exact: true }).tap()
  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await page.getByRole('button', { name: 'Open short BTC' }).tap()
  await page.getByRole('button', { name: 'Positions (1)' }).tap()
  await seeChange(page, 'pnl')
  await page.getByRole('button', { name: 'Close BTC position' }).tap()
  await page.getByRole('dialog').getByRole('button', { name: 'Close position' }).tap()
  await page.getByRole('button', { name: 'Positions', exact: true }).waitFor()
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBeLessThanOrEqual(PHONE.width)
})
