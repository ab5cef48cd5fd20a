/** Helpers that open the site in a fresh browser context and collect its errors. */

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
/** The narrowest phones still sold. */
export const PHONE = { width: 360, height: 740 }

/** Shorter than the timeout of a test, so that a failure names what is missing. */
const TIMEOUT_MS = 60_000

let browser: Browser
const mishaps: string[] = []
const forgiven: RegExp[] = []
let made = 0

/** Ignores errors that the test causes on purpose. */
export function forgive(pattern: RegExp): void {
  forgiven.push(pattern)
}

/** Sets up a spec file: connects to the browser, and fails a test whose pages logged an error. */
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

/** Opens a page in a new browser context. */
export async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: SITE,
    viewport: DESKTOP,
    reducedMotion: 'reduce',
    // The page follows the system's scheme; tests of the theme set it.
    colorScheme: 'dark',
    ...options,
  })
  context.setDefaultTimeout(TIMEOUT_MS)
  // Only the tests of the confirmation press a second button for an order.
  await context.addInitScript((key) => {
    const isNew = localStorage.getItem(key) === null
    if (isNew) localStorage.setItem(key, JSON.stringify({ confirmOrders: false }))
  }, 'velox.settings')
  const page = await context.newPage()
  page.on('pageerror', (error) => mishaps.push(error.message))
  // Includes violations of the content security policy.
  page.on('console', (message) => {
    const { url } = message.location()
    // A 401 for the current user is normal without a session, or after it was ended elsewhere, but
    // the browser logs it as an error.
    const isNobody = message.text().includes('401') && /\/user\/(me|ws-ticket)$/.test(url)
    if (message.type() === 'error' && !isNobody) mishaps.push(`${message.text()} ${url}`)
  })
  await page.goto(path)
  return page
}

export type Person = { email: string; phone: string }

/** Returns a person who has no account yet. */
export function somebody(): Person {
  made += 1
  // Fourteen digits, as many persons as the tests make: a phone number has fifteen at most.
  const unique = `${Math.floor(Date.now() / 1_000)}${String(made).padStart(4, '0')}`
  return { email: `trader-${unique}@example.com`, phone: `+${unique}` }
}

/** Fills in the form of /register and waits for the trading page. */
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

/** Waits until the chart has candles. */
export async function chartOf(page: Page): Promise<Locator> {
  const chart = page.locator('[data-testid=chart][data-state=ready]')
  await chart.waitFor()
  return chart
}

/** Opens a position through the API with the page's session, as another tab would. */
export async function openOrder(page: Page, order: object): Promise<void> {
  const answer = await page.request.post('/api/v1/order/open', { data: order })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** Returns the toasts with a text. */
export function toastOf(page: Page, text: string | RegExp): Locator {
  return page.locator('[data-kind]').filter({ hasText: text })
}

/** Returns the row of a position in the wide layout. */
export function positionRow(page: Page, text: string): Locator {
  const rows = page.getByRole('table', { name: 'Open positions' }).getByRole('row')
  return rows.filter({ hasText: text })
}

/** Waits until a live figure changes. */
export async function seeChange(page: Page, testId: string): Promise<void> {
  const figure = page.getByTestId(testId).first()
  await expect.poll(() => figure.textContent(), POLL).toMatch(/\d/)
  const before = await figure.textContent()
  await expect.poll(() => figure.textContent(), POLL).not.toBe(before)
}

/** Returns the free margin in the header; narrower pages also show it in the sidebar. */
export function freeMargin(page: Page): Locator {
  return page.getByRole('banner').getByTestId('free-margin')
}

export const POLL = { timeout: TIMEOUT_MS, interval: 50 }
