import { expect, it } from 'vitest'
import { chartOf, inBrowser, positionRow, register, toastOf, visit } from './site.ts'
import { FALLING } from './stack.ts'

inBrowser()

it.skipIf(!FALLING)('shows why the engine closed a position, and at what price', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto(`/trade?asset=${FALLING}`)
  await chartOf(page)
  const open = page.getByRole('button', { name: /^Open long/ })

  await page.getByRole('textbox', { name: 'Leverage' }).fill('100')
  await page.getByLabel('Size', { exact: true }).fill('3')
  await open.click()
  const row = positionRow(page, '3.000 SOL')
  await row.waitFor()
  const liquidated = toastOf(page, 'Liquidated: long 3.000 SOL')
  await liquidated.waitFor()
  expect(await liquidated.textContent()).toMatch(/At \d+\.\d+, P&L -\d+\.\d+ USD/)
  await row.waitFor({ state: 'detached' })

  await page.getByRole('textbox', { name: 'Leverage' }).fill('10')
  await page.getByLabel('Size', { exact: true }).fill('2')
  await page.getByLabel('Stop-loss as').getByText('ROE').click()
  await page.getByLabel('Stop-loss', { exact: true }).fill('-10')
  await open.click()
  await toastOf(page, 'Stop-loss hit: long 2.000 SOL').waitFor()

  await page.getByRole('tab', { name: 'Position history' }).click()
  const closed = page.getByRole('table', { name: 'Closed positions' }).getByRole('row')
  await closed.filter({ hasText: '3.000 SOL' }).filter({ hasText: 'Liquidated' }).waitFor()
  await closed.filter({ hasText: '2.000 SOL' }).filter({ hasText: 'Stop-loss' }).waitFor()
})
