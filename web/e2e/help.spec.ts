import { expect, it } from 'vitest'
import { DESKTOP, inBrowser, PHONE, register, visit } from './site.ts'

inBrowser()

it.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)('help is one click from the trading page, %s', async (_, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await page.getByRole('banner').getByRole('link', { name: 'Help' }).click()
  await page.getByRole('heading', { name: 'How trading works', level: 1 }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/help')
  // A figure that a trader can check by hand.
  const position = page.getByRole('table', { name: 'The position' })
  await position.getByRole('row', { name: 'Margin $460.23' }).waitFor()
  await page.getByRole('heading', { name: 'Using the keyboard' }).waitFor()
})

it('redirects the former address of the help page', async () => {
  const page = await visit('/docs#liquidation')
  await page.waitForURL('**/help#liquidation')
  await page.getByRole('heading', { name: 'Liquidation' }).waitFor()
})
