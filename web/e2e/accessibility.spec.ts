import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { DESKTOP, PHONE, register, inBrowser, visit } from './site.ts'

inBrowser()

const FOR_EVERYBODY = ['/', '/signin?reason=link-expired', '/register', '/docs', '/nowhere']
const SIZES = [
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const

type Finding = Pick<axe.Result, 'id' | 'impact'> & { nodes: { html: string }[] }
type Axe = { run(options: axe.RunOptions): Promise<{ violations: Finding[] }> }

/** The themes differ in their colours alone. */
const THEMES: [theme: string, options: axe.RunOptions][] = [
  ['dark', {}],
  ['light', { runOnly: ['color-contrast'] }],
]

/** What axe holds against the page as it is, in both themes. */
async function findings(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const [theme, options] of THEMES) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    const violations = await page.evaluate(async (options) => {
      const { axe } = window as unknown as { axe: Axe }
      return (await axe.run(options)).violations
    }, options)
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      found.push(`${theme} ${page.url()} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
    }
  }
  return found
}

/** Through the debugger, which the content security policy does not bind. */
async function withAxe(page: Page): Promise<void> {
  await page.evaluate(axe.source)
}

it.each(SIZES)('pages for everybody, %s', async (_, viewport) => {
  const page = await visit('/', { viewport })
  const found: string[] = []
  for (const path of FOR_EVERYBODY) {
    await page.goto(path)
    await page.getByRole('main').waitFor()
    if (path === '/') await page.locator('[data-testid=chart][data-state=ready]').waitFor()
    await withAxe(page)
    found.push(...(await findings(page)))
  }
  expect(found).toEqual([])
})

it('forms that are not right', async () => {
  const page = await visit('/register')
  await page.getByRole('button', { name: 'Register' }).click()
  await page.getByText('Is not an email address').waitFor()
  await withAxe(page)
  expect(await findings(page)).toEqual([])
})

it.each(SIZES)('the trading and the account page, %s', async (size, viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await page.locator('[data-testid=chart][data-state=ready]').waitFor()
  if (size === 'phone') await page.getByRole('button', { name: 'Long', exact: true }).click()
  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await page.getByRole('button', { name: 'Open long BTC' }).click()
  if (size === 'phone') await page.getByRole('button', { name: 'Positions (1)' }).click()
  await page.getByRole('button', { name: 'Close BTC position' }).waitFor()
  await withAxe(page)
  const found = await findings(page)
  await page.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').waitFor()
  found.push(...(await findings(page)))

  await page.goto('/account')
  await page.getByRole('list', { name: 'Sessions' }).getByRole('listitem').waitFor()
  await page.getByText('No API keys yet').waitFor()
  await withAxe(page)
  found.push(...(await findings(page)))
  expect(found).toEqual([])
})
