import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
// Loaded on demand by the page; before the tests here, which do not wait for it.
import '@/features/account/account-dialogs'
import { AccountsCard } from '@/features/account/accounts-card'
import { queryClient } from '@/query-client'
import { end, meQuery } from '@/session'

const listed = (accountId: string, name: string, closedAt: number | null = null) => ({
  accountId,
  name,
  first: accountId === 'u',
  mode: 'separate',
  openedAt: 1,
  closedAt,
  resetAt: null,
  startingBalance: '1000',
  startingBalanceInt: '100000000000',
  onLeaderboard: false,
  balance: { equityInt: '99795123456' },
})

/** The requests that changed something. */
let sent: [method: string, path: string, body: unknown][] = []

beforeEach(async () => {
  sent = []
  const accounts = [listed('u', 'Main'), listed('b', 'Bot'), listed('c', 'Old one', 2)]
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname.replace('/api/v1', '')
    if (path === '/user/me') return Response.json({ user: { userId: 'u' } })
    if (request.method === 'GET') return Response.json({ accounts })
    sent.push([request.method, path, JSON.parse(await request.text())])
    return Response.json({ account: accounts[0], success: true })
  })
  await queryClient.query(meQuery)
  render(
    <QueryClientProvider client={queryClient}>
      <AccountsCard />
    </QueryClientProvider>,
  )
  await screen.findByRole('listitem', { name: 'Bot' })
})

afterEach(() => {
  cleanup()
  end()
  queryClient.clear()
  sessionStorage.clear()
  vi.unstubAllGlobals()
})

async function act(name: string, action: string) {
  await userEvent.click(screen.getByRole('button', { name: `Actions for ${name}` }))
  await userEvent.click(await screen.findByRole('menuitem', { name: action }))
}

it('lists the open accounts with what they are worth, and closed ones on demand', async () => {
  const main = within(screen.getByRole('listitem', { name: 'Main' }))
  expect(main.getByTestId('account-equity').textContent).toBe('997.95')
  expect(main.getByText('Shown in this tab')).toBeTruthy()
  expect(screen.queryByRole('listitem', { name: 'Old one' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Show 1 closed' }))
  expect(screen.getByRole('listitem', { name: 'Old one' })).toBeTruthy()
})

it('warns before a reset, and sends the balance exactly as it was meant', async () => {
  await act('Bot', 'Reset…')
  const form = within(await screen.findByRole('form', { name: 'Reset the account' }))
  expect(form.getByRole('alert').textContent).toContain('All positions of this account are closed')
  const field = form.getByLabelText('Balance to begin with')
  await userEvent.clear(field)
  await userEvent.type(field, '99.99')
  const button = form.getByRole('button', { name: 'Close all and reset' })
  await userEvent.click(button)
  expect(form.getByText('Use 100 to 1,000,000 USD')).toBeTruthy()
  expect(sent).toEqual([])
  await userEvent.clear(field)
  await userEvent.type(field, '1,234.5')
  await userEvent.click(button)
  await vi.waitFor(() =>
    expect(sent).toEqual([['POST', '/accounts/b/reset', { balance: '1234.5' }]]),
  )
})

it('takes part in the leaderboard', async () => {
  await userEvent.click(screen.getByRole('switch', { name: 'On the leaderboard with Bot' }))
  await vi.waitFor(() => expect(sent).toEqual([['PATCH', '/accounts/b', { onLeaderboard: true }]]))
})

it('never closes the first account', async () => {
  await userEvent.click(screen.getByRole('button', { name: 'Actions for Main' }))
  await screen.findByRole('menuitem', { name: 'Reset…' })
  expect(screen.queryByRole('menuitem', { name: 'Close…' })).toBeNull()
})
