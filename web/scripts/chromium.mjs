// The browser of these scripts and of the tests in e2e/: Debian's, or the one that CHROMIUM names, and
// nothing that talks to anybody else.

import { chromium } from 'playwright-core'

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchChromium() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** Signs up somebody new, and is on the trading page. */
export async function register(page) {
  const unique = Date.now()
  await page.goto('/register')
  await page.getByLabel('Email').fill(`trader-${unique}@example.com`)
  await page.getByLabel('Phone').fill(String(unique))
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Register' }).click()
  await page.waitForURL('**/trade')
}
