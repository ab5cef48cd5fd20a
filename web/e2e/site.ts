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
/** The narrowest that are still sold. */
export const PHONE = { width: 360, height: 740 }

/** Shorter than a test may take, so that a failure says what did not come. */
const TIMEOUT_MS = 60_000

let browser: Browser
const mishaps: string[] = []
const forgiven: RegExp[] = []
let made = 0

/** What this test brings about itself is not held against the pages. */
export function forgive(pattern: RegExp): void {
  forgiven.push(pattern)
}

/** In every spec file: connects, and fails a test whose pages complained about anything. */
export function inBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'))
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    const patterns = forgiven.splice(0)
    const isForgiven = (mishap: string) => patterns.some((pattern) => pattern.test(mishap))
    expect(mishaps.splice(0).filter((mishap) => !isForgiven(mishap))).toEqual([])
  })
  afterAll(() => browser.close())
}

/** A page of a browser that was never here. */
export async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: SITE,
    viewport: DESKTOP,
    reducedMotion: 'reduce',
    // The page goes by the system's; a test that is about that says which.
    colorScheme: 'dark',
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

/** Fills in the form of /signin. */
export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Until the candles are there. */
export async function chartOf(page: Page): Promise<Locator> {
  const chart = page.locator('[data-testid=chart][data-state=ready]')
  await chart.waitFor()
  return chart
}

/** Through the API, as the same person: another program, or another tab. */
export async function openOrder(page: Page, order: object): Promise<void> {
  const answer = await page.request.post('/api/v1/order/open', { data: order })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** A message that comes and goes. */
export function toastOf(page: Page, text: string | RegExp): Locator {
  return page.locator('[data-kind]').filter({ hasText: text })
}

/** A position's row on a wide page. */
export function positionRow(page: Page, text: string): Locator {
  const rows = page.getByRole('table', { name: 'Open positions' }).getByRole('row')
  return rows.filter({ hasText: text })
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
