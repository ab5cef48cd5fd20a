/** The installed page: its manifest, what it shows offline, and the theme of the system. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings } from './axe.ts'
import { chartOf, forgive, inBrowser, POLL, register, visit } from './site.ts'

inBrowser()

/** Waits until a service worker answers for the page. */
async function seeWorker(page: Page): Promise<void> {
  const isControlled = () => page.evaluate(() => navigator.serviceWorker.controller !== null)
  await expect.poll(isControlled, POLL).toBe(true)
}

it('has what a browser needs to install it', async () => {
  const page = await visit('/')
  const manifest = await (await page.request.get('/manifest.webmanifest')).json()
  for (const { src, type } of manifest.icons) {
    const icon = await page.request.get(src)
    expect([src, icon.status(), icon.headers()['content-type']]).toEqual([src, 200, type])
  }
  expect(manifest.icons.some(({ purpose }: { purpose?: string }) => purpose === 'maskable')).toBe(
    true,
  )
  const worker = await page.request.get('/sw.js')
  expect(worker.headers()['content-type']).toMatch(/javascript/)
  expect(await worker.text()).not.toContain('__VERSION__')
})

it('says offline that it is offline, shows no old prices, and comes back', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await seeWorker(page)
  forgive(/ERR_INTERNET_DISCONNECTED|Failed to fetch|WebSocket/)
  await page.context().setOffline(true)
  await page.reload()
  await page.getByRole('heading', { name: 'You are offline' }).waitFor()
  expect(await page.locator('body').textContent()).not.toMatch(/BTC|\d,\d\d\d/)
  expect(await findings(page)).toEqual([])
  await page.context().setOffline(false)
  await chartOf(page)
  expect(new URL(page.url()).pathname).toBe('/trade')
})

it('offers to reload when a new version is served', async () => {
  const page = await visit('/help')
  await seeWorker(page)
  expect(await page.getByText('A new version is ready.').count()).toBe(0)
  // As after the first worker was replaced.
  await page.evaluate(() => navigator.serviceWorker.dispatchEvent(new Event('controllerchange')))
  await page.getByText('A new version is ready.').waitFor()
  expect(await findings(page)).toEqual([])
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.getByText('A new version is ready.').waitFor({ state: 'detached' })
})

it('follows the system again after a theme was chosen', async () => {
  const page = await visit('/trade', { colorScheme: 'light' })
  const shown = () =>
    page.evaluate(() => [
      document.documentElement.dataset.theme,
      document.querySelector('meta[name=theme-color]')?.getAttribute('content'),
    ])
  await expect.poll(shown, POLL).toEqual(['light', expect.stringMatching(/^#fff/)])
  await page.getByRole('button', { name: 'Account and settings' }).click()
  const item = page.getByRole('menuitem', { name: /^Theme/ })
  expect(await item.textContent()).toContain('As the system')
  await item.click()
  await item.click()
  expect(await item.textContent()).toContain('Dark')
  await expect.poll(shown, POLL).toEqual(['dark', '#11151b'])
  await item.click()
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(shown, POLL).toEqual(['dark', '#11151b'])
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(shown, POLL).toEqual(['light', expect.stringMatching(/^#fff/)])
})
