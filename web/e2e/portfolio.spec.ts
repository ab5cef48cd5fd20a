import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { DESKTOP, inBrowser, PHONE, POLL, register, toastOf, visit } from './site.ts'

inBrowser()

const SIZES = [
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const

/** Returns all findings for the visible page. */
async function problems(page: Page): Promise<string[]> {
  const found = await findings(page)
  const tooWide = await overflow(page)
  return tooWide > 0 ? [...found, `${page.url()} is ${tooWide} px too wide`] : found
}

/** Opens a position and closes it, through the API with the page's session. */
async function trade(page: Page, order: object): Promise<string> {
  const opened = await page.request.post('/api/v1/order/open', { data: order })
  expect(opened.ok(), await opened.text()).toBe(true)
  const { orderId } = ((await opened.json()) as { order: { orderId: string } }).order
  const closed = await page.request.post(`/api/v1/order/close/${orderId}`, { data: {} })
  expect(closed.ok(), await closed.text()).toBe(true)
  return orderId
}

/** Waits until the API's performance counts closed positions, which are written a moment later. */
async function seeClosed(page: Page, count: number): Promise<void> {
  const me = (await (await page.request.get('/api/v1/user/me')).json()) as {
    user: { userId: string }
  }
  const path = `/api/v1/accounts/${me.user.userId}/performance`
  const closed = async () => {
    const found = (await (await page.request.get(path)).json()) as {
      positions: { closedPositions: number }
      curve: unknown[]
    }
    return found.curve.length > 0 ? found.positions.closedPositions : 0
  }
  await expect.poll(closed, { ...POLL, interval: 250 }).toBe(count)
}

/** Returns an amount as the page shows it, rounded down to cents. */
function cents(amount: string): string {
  const [whole = '', part = ''] = amount.split('.')
  return `${Number(whole).toLocaleString('en')}.${part.padEnd(2, '0').slice(0, 2)}`
}

const LONG = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }
const SHORT = { asset: 'ETHUSDT', orderType: 'SHORT', leverage: 5, qty: '0.1' }

it.each(SIZES)('the portfolio, from nothing to trades, %s', async (_, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await page.goto('/portfolio?period=all')
  await page.getByText('Nothing has been traded yet').waitFor()
  const found = await problems(page)
  await trade(page, LONG)
  await trade(page, SHORT)
  await seeClosed(page, 2)

  await page.goto('/portfolio')
  const figures = page.getByTestId('portfolio')
  await figures.getByText('Of 2 closed positions').waitFor()
  // Not those of the last recorded minute: nothing is open, so the account is worth its balance.
  const answer = await page.request.get('/api/v1/order/user/balance')
  const { balance } = (await answer.json()) as { balance: { equity: string } }
  await figures.getByText(cents(balance.equity)).first().waitFor()
  await figures.getByText('Valued at the prices of').waitFor()
  await page.locator('[data-testid=equity-chart][data-state=ready]').waitFor()
  await page.getByRole('heading', { name: 'Daily P&L' }).waitFor()
  expect(await page.getByRole('region', { name: 'By market', exact: true }).textContent()).toMatch(
    /BTC.*ETH/s,
  )
  found.push(...(await problems(page)))

  await page.getByRole('radio', { name: 'Table' }).click()
  await page.getByRole('table', { name: 'Equity over time' }).getByText('Deposit of').waitFor()
  found.push(...(await problems(page)))

  await page.getByRole('radio', { name: 'Custom' }).click()
  await page.getByLabel('From').fill('2020-01-01')
  await page.getByLabel('To', { exact: true }).fill('2020-01-02')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByText('Nothing was traded in this period').waitFor()
  expect(page.url()).toContain('from=2020-01-01&to=2020-01-02')
  found.push(...(await problems(page)))

  // What is traded while another page is open counts when this one is opened again.
  await page.evaluate(() => history.pushState(null, '', '/markets'))
  await page.getByRole('heading', { name: 'Markets', exact: true }).waitFor()
  await trade(page, LONG)
  await seeClosed(page, 3)
  await page.evaluate(() => history.pushState(null, '', '/portfolio'))
  await page.getByText('Of 3 closed positions').waitFor()
  expect(found).toEqual([])
})

it.each(SIZES)('a closed position as a picture, %s', async (size, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await trade(page, LONG)
  await seeClosed(page, 1)
  await page.reload()
  if (size === 'phone') {
    await page.getByRole('navigation').getByRole('button', { name: 'Positions' }).click()
  }
  await page.getByRole('tab', { name: 'Position history' }).click()
  await page.getByRole('button', { name: 'Share closed BTC position' }).click()
  const dialog = page.getByRole('dialog', { name: 'Share this position' })
  const picture = dialog.locator('[data-testid=share-card][data-state=ready]')
  await picture.waitFor()
  expect(await picture.getAttribute('aria-label')).toMatch(
    /BTC\/USDT Long 10×: .*USD\. Entry price/,
  )
  const found = await problems(page)
  await dialog.getByRole('switch').click()
  await expect.poll(() => picture.getAttribute('aria-label'), POLL).not.toContain(' USD.')

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Download PNG' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^velox-btcusdt-long-\d{4}-\d{2}-\d{2}\.png$/)
  const folder = await mkdtemp(join(tmpdir(), 'velox-share-'))
  const file = join(folder, 'card.png')
  await download.saveAs(file)
  const png = await readFile(file)
  await rm(folder, { recursive: true })
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 630])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  expect(await focused()).toBe('Share closed BTC position')
  expect(found).toEqual([])
})

it.each(SIZES)('accounts: opened, named, shown, reset and closed, %s', async (_, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await page.goto('/account')
  const list = page.getByRole('list', { name: 'Accounts' })
  await list.getByTestId('account-equity').getByText('1,000.00').waitFor()

  await page.getByRole('button', { name: 'Open an account' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Balance').fill('50')
  await dialog.getByRole('button', { name: 'Open the account' }).click()
  await dialog.getByText('Use 1 to 40 characters').waitFor()
  await dialog.getByText('Use 100 to 1,000,000 USD').waitFor()
  const found = await problems(page)
  await dialog.getByLabel('Name', { exact: true }).fill('Grid')
  await dialog.getByLabel('Balance').fill('5,000.5')
  await dialog.getByRole('radio', { name: 'One-way' }).click()
  await dialog.getByRole('button', { name: 'Open the account' }).click()
  await toastOf(page, 'Account opened').waitFor()
  const grid = list.getByRole('listitem', { name: 'Grid', exact: true })
  await grid.getByTestId('account-equity').getByText('5,000.50').waitFor()
  await grid.getByText('One net position per market').waitFor()

  const act = async (name: string, action: string) => {
    await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }
  await act('Grid', 'Rename…')
  await dialog.getByLabel('Name', { exact: true }).fill('Grid bot')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  const bot = list.getByRole('listitem', { name: 'Grid bot' })
  await bot.waitFor()
  await bot.getByRole('switch').click()
  await expect.poll(() => bot.getByRole('switch').getAttribute('aria-checked'), POLL).toBe('true')

  await act('Grid bot', 'Show in this tab')
  await bot.getByText('Shown in this tab').waitFor()
  await act('Grid bot', 'Reset…')
  await dialog.getByText('can’t be undone').waitFor()
  await dialog.getByLabel('Balance').fill('200')
  found.push(...(await problems(page)))
  await dialog.getByRole('button', { name: 'Close all and reset' }).click()
  await toastOf(page, 'Account reset').waitFor()
  await bot.getByTestId('account-equity').getByText('200.00').waitFor()

  await act('Grid bot', 'Close…')
  await dialog.getByRole('button', { name: 'Close the account' }).click()
  await bot.waitFor({ state: 'detached' })
  // The first account is shown again.
  await list.getByRole('listitem', { name: 'Main' }).getByText('Shown in this tab').waitFor()
  await page.getByRole('button', { name: 'Show 1 closed' }).click()
  await bot.getByText('Closed', { exact: true }).waitFor()
  found.push(...(await problems(page)))
  expect(found).toEqual([])
})

// One test for both sizes, because the gateway computes a leaderboard at most once a minute.
it('the leaderboard, for a visitor and for who takes part', async () => {
  const page = await visit('/leaderboard', { viewport: PHONE })
  await page.getByRole('heading', { name: 'How to take part' }).waitFor()
  await page.getByRole('main').getByRole('link', { name: 'Register' }).click()
  await page.getByLabel('Email').waitFor()
  await page.goto('/register')
  await register(page)
  await trade(page, LONG)
  await seeClosed(page, 1)
  await page.goto('/account')
  const main = page.getByRole('list', { name: 'Accounts' }).getByRole('listitem', { name: 'Main' })
  await main.getByRole('switch').click()
  await expect.poll(() => main.getByRole('switch').getAttribute('aria-checked'), POLL).toBe('true')

  await page.goto('/leaderboard?period=day&by=drawdown')
  const isPressed = (name: string) => page.getByRole('radio', { name }).getAttribute('aria-checked')
  expect(await isPressed('24 hours')).toBe('true')
  expect(await isPressed('By drawdown')).toBe('true')
  const own = page.locator('tr[data-own=true]')
  await expect
    .poll(
      async () => {
        await page.reload()
        await page.getByText('as of').waitFor()
        return own.count()
      },
      { timeout: 100_000, interval: 5_000 },
    )
    .toBeGreaterThan(0)
  for (const [, viewport] of SIZES) {
    await page.setViewportSize(viewport)
    await own.first().getByText('You').waitFor()
    expect(await problems(page)).toEqual([])
  }
})

it('a new API key comes with a line that works', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('reader')
  await page.getByRole('button', { name: 'Create key' }).click()
  const command = await page.getByLabel('Command to try it').inputValue()
  const [, key, address] = /"Authorization: Bearer (\S+)" (\S+)$/.exec(command) ?? []
  const answer = await fetch(address ?? '', { headers: { Authorization: `Bearer ${key}` } })
  expect(answer.status).toBe(200)
  expect(await problems(page)).toEqual([])
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('reader').waitFor()
  expect(await page.content()).not.toContain(key)
})
