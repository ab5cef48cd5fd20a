import { expect, it } from 'vitest'
import {
  forgive,
  inBrowser,
  PASSWORD,
  POLL,
  register,
  SITE,
  signIn,
  somebody,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

it('changes the phone number, unless it is taken', async () => {
  const other = await visit('/register')
  const { phone: taken } = await register(other)
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  const form = page.getByRole('form', { name: 'Change the phone number' })
  await form.getByLabel('Phone').fill(taken)
  await form.getByLabel('Current password').fill(PASSWORD)
  forgive(/409/)
  await form.getByRole('button', { name: 'Change phone number' }).click()
  await form.getByText('An account with this phone number already exists').waitFor()

  const { phone } = somebody()
  await form.getByLabel('Phone').fill(phone)
  await form.getByText('already exists').waitFor({ state: 'detached' })
  await form.getByRole('button', { name: 'Change phone number' }).click()
  await toastOf(page, 'Phone number changed').waitFor()
  await page.reload()
  await expect.poll(() => form.getByLabel('Phone').inputValue(), POLL).toBe(phone)
})

it('changes the password, which ends the other sessions', async () => {
  const page = await visit('/register')
  const { email } = await register(page)
  const other = await visit('/signin')
  await signIn(other, email)
  await other.waitForURL('**/trade')

  await page.goto('/account')
  const form = page.getByRole('form', { name: 'Change the password' })
  const changed = 'battery staple correct'
  await form.getByLabel('Current password').fill('not the password')
  await form.getByLabel('New password').fill(changed)
  forgive(/403/)
  await form.getByRole('button', { name: 'Change password' }).click()
  await form.getByText('The current password is incorrect').waitFor()
  await form.getByLabel('Current password').fill(PASSWORD)
  await form.getByRole('button', { name: 'Change password' }).click()
  await toastOf(page, 'Password changed').waitFor()

  await other.waitForURL('**/signin?*')
  forgive(/401/)
  await signIn(other, email)
  await other.getByText('The email or password is incorrect').waitFor()
  await signIn(other, email, changed)
  await other.waitForURL('**/trade')
})

it('creates a read-only API key and deletes it', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('watcher')
  await page.getByRole('button', { name: 'Create key' }).click()
  const secret = await page.getByLabel('Key', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Done' }).click()
  const ask = () =>
    fetch(`${SITE}/api/v1/order/user/balance`, { headers: { Authorization: `Bearer ${secret}` } })
  expect((await ask()).status).toBe(200)

  await page.getByRole('button', { name: 'Delete API key watcher' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No API keys yet').waitFor()
  await expect.poll(async () => (await ask()).status, POLL).toBe(401)
})
