import { expect, it } from 'vitest'
import { linkFor } from './mail.ts'
import { findings } from './axe.ts'
import { freeMargin, POLL, register, signIn, SITE, inBrowser, visit } from './site.ts'

inBrowser()

it('signs out, looks as a visitor, and returns to the same market by signing in', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(`${SITE}/`)

  await page.goto('/trade?asset=SOLUSDT')
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click()
  await page.waitForURL('**/signin?*')
  await signIn(page, email)
  await page.waitForURL('**/trade?asset=SOLUSDT')
})

it('signs in with an emailed link, once', async () => {
  const page = await visit('/register')
  const { email } = await register(page)

  const other = await visit('/signin')
  await other.getByRole('button', { name: /Forgot your password/ }).click()
  await other.getByLabel('Email').fill(email)
  await other.getByRole('button', { name: 'Email me a link' }).click()
  await other.getByText('a sign-in link is on its way').waitFor()
  const link = await linkFor(email)
  await other.goto(link)
  expect(await findings(other)).toEqual([])
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.waitForURL('**/trade')
  await expect.poll(() => freeMargin(other).textContent(), POLL).toBe('1,000.00')

  await other.goto(link)
  await other.waitForURL('**/signin?reason=link-expired')
  await other.getByText('This link has expired or was already used').waitFor()
})

it('signs out everywhere, and the other browser notices', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  const other = await visit('/signin?next=/account')
  await signIn(other, email)
  await other.waitForURL('**/account')

  const sessions = other.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await expect.poll(() => sessions.count(), POLL).toBe(2)
  await other.getByRole('button', { name: /End session/ }).click()
  await expect.poll(() => sessions.count(), POLL).toBe(1)
  await other.getByRole('button', { name: 'Sign out everywhere' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await other.getByText('You are signed out').waitFor()

  // Without any action on the page.
  await page.waitForURL('**/signin?*')
})
