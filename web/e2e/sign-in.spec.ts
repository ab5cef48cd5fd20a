import { expect, it } from 'vitest'
import { linkFor } from './mail.ts'
import { freeMargin, PASSWORD, POLL, register, SITE, inBrowser, visit } from './site.ts'

inBrowser()

it('signs out, is sent to sign in, and comes back to where it was', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(`${SITE}/`)

  await page.goto('/trade?asset=SOLUSDT')
  await page.waitForURL('**/signin?*')
  await page.getByLabel('Email').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/trade?asset=SOLUSDT')
})

it('signs in by a link from a mail, once', async () => {
  const page = await visit('/register')
  const { email } = await register(page)

  const other = await visit('/signin')
  await other.getByRole('tab', { name: 'Link by mail' }).click()
  await other.getByLabel('Email').fill(email)
  await other.getByRole('button', { name: 'Send me a link' }).click()
  await other.getByText('a link is on its way').waitFor()
  const link = await linkFor(email)
  await other.goto(link)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.waitForURL('**/trade')
  await expect.poll(() => freeMargin(other).textContent(), POLL).toBe('1,000.00')

  await other.goto(link)
  await other.waitForURL('**/signin?reason=link-expired')
  await other.getByText('This link was used already').waitFor()
})

it('signs out everywhere, and the other browser notices', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  const other = await visit('/signin?next=/account')
  await other.getByLabel('Email').fill(email)
  await other.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.waitForURL('**/account')

  const sessions = other.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await expect.poll(() => sessions.count(), POLL).toBe(2)
  await other.getByRole('button', { name: /End the session/ }).click()
  await expect.poll(() => sessions.count(), POLL).toBe(1)
  await other.getByRole('button', { name: 'Sign out everywhere' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await other.getByText('You are signed out').waitFor()

  await page.reload()
  await page.waitForURL('**/signin?*')
})

it('makes an API key that reads, and deletes it', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('watcher')
  await page.getByRole('button', { name: 'Make key' }).click()
  const secret = await page.getByLabel('Key', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Done' }).click()
  const ask = () =>
    fetch(`${SITE}/api/v1/order/user/balance`, { headers: { Authorization: `Bearer ${secret}` } })
  expect((await ask()).status).toBe(200)

  await page.getByRole('button', { name: 'Delete the key watcher' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No API keys yet').waitFor()
  await expect.poll(async () => (await ask()).status, POLL).toBe(401)
})
