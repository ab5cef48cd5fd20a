/** The notifications: what happened, also while nobody looked, and how it is told. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import {
  chartOf,
  DESKTOP,
  inBrowser,
  openOrder,
  PHONE,
  POLL,
  register,
  signIn,
  visit,
} from './site.ts'

inBrowser()

const LONG = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }

const bell = (page: Page) =>
  page.getByRole('banner').getByRole('button', { name: /^Notifications/ })
const panel = (page: Page) => page.getByRole('dialog', { name: 'Notifications' })

async function seeUnread(page: Page, count: number): Promise<void> {
  const name = count === 0 ? 'Notifications' : `Notifications, ${count} unread`
  await expect.poll(() => bell(page).getAttribute('aria-label'), POLL).toBe(name)
}

async function closeAll(page: Page): Promise<void> {
  const answer = await page.request.post('/api/v1/positions/close-all', { data: {} })
  expect(answer.ok(), await answer.text()).toBe(true)
}

it.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)('counts what happens, lists it, and leads to it, %s', async (_, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await chartOf(page)
  await seeUnread(page, 0)
  await openOrder(page, LONG)
  await seeUnread(page, 1)
  await closeAll(page)
  await seeUnread(page, 2)

  await bell(page).click()
  const rows = panel(page).getByRole('list', { name: 'Notifications' }).getByRole('listitem')
  await expect.poll(() => rows.count(), POLL).toBe(2)
  await rows.nth(0).getByText('BTC: Closed').waitFor()
  await rows.nth(1).getByText('Bought 0.01000 BTC').waitFor()
  const tooWide = await overflow(page)
  expect([await findings(page), tooWide]).toEqual([[], 0])

  await panel(page).getByLabel('Show').selectOption('Fills')
  await expect.poll(() => rows.count(), POLL).toBe(1)
  await rows.getByRole('button').click()
  await page.getByRole('tab', { name: 'Fills', selected: true }).waitFor()
  await seeUnread(page, 1)
  await bell(page).click()
  await panel(page).getByRole('button', { name: 'Mark all as read' }).click()
  await seeUnread(page, 0)
  await page.reload()
  await chartOf(page)
  await seeUnread(page, 0)
})

it('fills in what happened while the page was closed', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  await chartOf(page)
  await seeUnread(page, 0)
  await page.goto('/help')

  const other = await visit('/signin')
  await signIn(other, email)
  await chartOf(other)
  await openOrder(other, LONG)
  await closeAll(other)
  await seeUnread(other, 2)

  await page.goto('/trade')
  await seeUnread(page, 2)
})

it('sounds are off at first, and chosen by kind', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  const loaded: string[] = []
  page.on('request', (request) => loaded.push(request.url()))
  const isLoaded = () => loaded.some((url) => url.includes('/synth-'))
  await openOrder(page, LONG)
  await seeUnread(page, 1)
  expect(isLoaded()).toBe(false)
  await bell(page).click()
  await panel(page).getByRole('button', { name: 'Notification settings' }).click()
  await panel(page).getByRole('switch', { name: 'Sounds' }).click()
  await panel(page).getByRole('slider', { name: 'Volume' }).press('ArrowRight')
  await panel(page).getByText('55 %').waitFor()
  const profit = panel(page).getByRole('switch', { name: 'Closed in profit' })
  await profit.click()
  expect(await profit.getAttribute('aria-checked')).toBe('false')
  expect(await findings(page)).toEqual([])
  await panel(page).getByRole('button', { name: 'Play the sound: Fill' }).click()
  await expect.poll(isLoaded, POLL).toBe(true)
})
