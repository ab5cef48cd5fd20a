import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  chartOf,
  forgive,
  freeMargin,
  inBrowser,
  PASSWORD,
  POLL,
  positionRow,
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

it('creates a key pair for exchange bots, with an account of its own', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('grid bot')
  await page.getByRole('radio', { name: 'Exchange bots' }).click()
  await page.getByRole('radio', { name: 'Read and trade' }).click()
  await page.getByLabel('Allowed addresses').fill('127.0.0.0/8, ::1')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = await page.getByLabel('Key', { exact: true }).inputValue()
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText(key).waitFor()

  const query = `timestamp=${Date.now()}`
  const signature = createHmac('sha256', secret).update(query).digest('hex')
  const url = `${SITE}/fapi/v3/account?${query}&signature=${signature}`
  const answer = await fetch(url, { headers: { 'X-MBX-APIKEY': key } })
  expect(await answer.json()).toMatchObject({ totalWalletBalance: '1000' })
  await page.goto('/trade')
  await page.getByLabel('Account', { exact: true }).selectOption('grid bot')
  // The page has loaded the account before it is closed.
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')
  await chartOf(page)
})

it('creates a key for bots that sign with an Ed25519 key of their own', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/account')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('grid bot')
  await page.getByRole('radio', { name: 'Exchange bots' }).click()
  expect(await page.getByLabel('Public key').count()).toBe(0)
  await page.getByRole('radio', { name: 'My Ed25519 key' }).click()
  const area = page.getByLabel('Public key')
  const create = page.getByRole('button', { name: 'Create key' })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await create.click()
  await page.getByText('Paste all of it').waitFor()
  expect(await area.evaluate((element) => element === document.activeElement)).toBe(true)
  // A private key is not sent.
  await area.fill(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  await create.click()
  await page.getByText('This is a private key').waitFor()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  await area.fill(rsa.export({ type: 'spki', format: 'pem' }).toString())
  forgive(/400/)
  await create.click()
  await page.getByText('not a key of Ed25519').waitFor()
  await area.fill(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  await create.click()
  const key = await page.getByLabel('Key', { exact: true }).inputValue()
  expect(await page.getByLabel('Secret', { exact: true }).count()).toBe(0)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('Ed25519', { exact: true }).waitFor()

  const query = `timestamp=${Date.now()}`
  const signature = sign(null, Buffer.from(query), privateKey).toString('base64')
  const url = `${SITE}/fapi/v3/account?${query}&signature=${encodeURIComponent(signature)}`
  const answer = await fetch(url, { headers: { 'X-MBX-APIKEY': key } })
  expect(await answer.json()).toMatchObject({ totalWalletBalance: '1000' })
})

it('shows another account of the user, in this tab alone', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  expect(await page.getByLabel('Account', { exact: true }).count()).toBe(0)
  const data = { name: 'Grid bot', balance: '5000' }
  const answer = await page.request.post('/api/v1/accounts', { data })
  expect(answer.ok(), await answer.text()).toBe(true)
  await page.reload()
  await page.getByLabel('Account', { exact: true }).selectOption('Grid bot')
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('5,000.00')

  await page.getByLabel('Size', { exact: true }).fill('0.01')
  await page.getByRole('button', { name: 'Open long BTC' }).click()
  await positionRow(page, '0.01000 BTC').waitFor()
  // The connection is that of the account: a close by somebody else arrives.
  const { accounts } = (await (await page.request.get('/api/v1/accounts')).json()) as {
    accounts: { accountId: string; first: boolean }[]
  }
  const bot = accounts.find(({ first }) => !first)?.accountId ?? ''
  const closed = await page.request.post('/api/v1/positions/close-all', {
    data: {},
    headers: { 'X-Account': bot },
  })
  expect(closed.ok(), await closed.text()).toBe(true)
  await page.getByText('No open positions').waitFor()

  await page.getByRole('tab', { name: 'Account history' }).click()
  const rows = page.getByRole('table', { name: 'Account history' }).getByRole('row')
  await rows.filter({ hasText: 'Transfer' }).filter({ hasText: '+5,000.00' }).waitFor()
  const downloads = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export this list as CSV' }).click()
  const file = await (await downloads).createReadStream()
  const texts: string[] = []
  for await (const chunk of file) texts.push(String(chunk))
  expect(texts.join('')).toContain('5000')

  await page.getByLabel('Account', { exact: true }).selectOption('Main')
  await expect.poll(() => freeMargin(page).textContent(), POLL).toBe('1,000.00')
})
