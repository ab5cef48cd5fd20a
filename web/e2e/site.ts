/** The site as a visitor has it: a browser of one's own, which notes whatever goes wrong in it. */

import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest'

export const SITE = process.env.VELOX_URL ?? 'http://localhost:3000'
export const PASSWORD = 'correct horse battery'
export const DESKTOP = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

/** Shorter than a test may take, so that a failure says what did not come. */
const TIMEOUT_MS = 45_000

let browser: Browser
const mishaps: string[] = []
let made = 0

/** In every spec file: connects, and fails a test whose pages complained about anything. */
export function inBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'))
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    expect(mishaps.splice(0)).toEqual([])
  })
  afterAll(() => browser.close())
}

/** A page of a browser that was never here. */
export async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: SITE,
    viewport: DESKTOP,
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(TIMEOUT_MS)
  const page = await context.newPage()
  page.on('pageerror', (error) => mishaps.push(error.message))
  // What the content security policy blocks is said there as well.
  page.on('console', (message) => {
    const { url } = message.location()
    // Who is signed in? Nobody, is the answer, or nobody any more when a session was ended
    // elsewhere; the browser takes it for a failure.
    const isNobody = message.text().includes('401') && /\/user\/(me|ws-ticket)$/.test(url)
    if (message.type() === 'error' && !isNobody) mishaps.push(`${message.text()} ${url}`)
  })
  await page.goto(path)
  return page
}

export type Person = { email: string; phone: string }

/** Nobody who has an account yet. */
export function somebody(): Person {
  made += 1
  const unique = `${Date.now()}${made}`
  return { email: `trader-${unique}@example.com`, phone: `+${unique}` }
}

/** Fills in the form of /register, and sees the trading page come. */
export async function register(page: Page, person = somebody()): Promise<Person> {
  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Phone').fill(person.phone)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Register' }).click()
  await page.waitForURL('**/trade')
  return person
}

/** Waits until a live figure shows something else than it does now. */
export async function seeChange(page: Page, testId: string): Promise<void> {
  const figure = page.getByTestId(testId).first()
  await expect.poll(() => figure.textContent(), POLL).toMatch(/\d/)
  const before = await figure.textContent()
  await expect.poll(() => figure.textContent(), POLL).not.toBe(before)
}

/** At the top of the page; the sidebar of a narrower one has it as well. */
export function freeMargin(page: Page): Locator {
  return page.getByRole('banner').getByTestId('free-margin')
}

export const POLL = { timeout: TIMEOUT_MS, interval: 50 }
