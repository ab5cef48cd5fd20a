import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { api, chosenAccount } from '@/api/client'
import { AccountSwitch } from '@/features/account/account-switch'
import { queryClient } from '@/query-client'
import { end, meQuery } from '@/session'

type Listed = { accountId: string; name: string; first: boolean; closedAt: number | null }

const listed = (accountId: string, name: string, closedAt: number | null = null): Listed => ({
  accountId,
  name,
  first: accountId === 'u',
  closedAt,
})

/** The accounts on the server. */
let accounts: Listed[] = []
/** The paths of requests with the account that they name. */
let sent: [string, string | null][] = []
const reload = vi.fn()

beforeEach(() => {
  accounts = [listed('u', 'Main'), listed('b', 'Bot'), listed('c', 'Closed one', 1)]
  sent = []
  reload.mockClear()
  vi.spyOn(location, 'reload').mockImplementation(reload)
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url)
    sent.push([pathname.replace('/api/v1', ''), request.headers.get('X-Account')])
    if (pathname.endsWith('/me')) return Response.json({ user: { userId: 'u' } })
    if (pathname.endsWith('/accounts')) return Response.json({ accounts })
    if (pathname.endsWith('/ws-ticket')) return Response.json({ ticket: 't' })
    return new Response('file')
  })
})

afterEach(() => {
  cleanup()
  end()
  queryClient.clear()
  sessionStorage.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** Signs in as after a reload, and shows the switch. */
async function show() {
  await queryClient.query(meQuery)
  render(
    <QueryClientProvider client={queryClient}>
      <AccountSwitch />
    </QueryClientProvider>,
  )
  await vi.waitFor(() => expect(sent.some(([path]) => path === '/accounts')).toBe(true))
}

it('shows nothing to a user with one account', async () => {
  accounts = [listed('u', 'Main'), listed('c', 'Closed one', 1)]
  await show()
  await vi.waitFor(() => expect(queryClient.isFetching()).toBe(0))
  expect(screen.queryByLabelText('Account')).toBeNull()
  expect(reload).not.toHaveBeenCalled()
})

it('chooses an account for this tab, which every request then names', async () => {
  await show()
  const options = () => screen.getAllByRole('option').map(({ textContent }) => textContent)
  await vi.waitFor(() => expect(options()).toEqual(['Main', 'Bot']))
  await userEvent.selectOptions(screen.getByLabelText('Account'), 'Bot')
  expect(reload).toHaveBeenCalledTimes(1)

  // The page after the reload.
  cleanup()
  end()
  queryClient.clear()
  await show()
  await vi.waitFor(() => expect(screen.getByLabelText('Account')).toHaveProperty('value', 'b'))
  sent = []
  await api.wsTicket()
  await api.file('/api/v1/income?format=csv')
  await api.me()
  expect(sent).toEqual([
    ['/user/ws-ticket', 'b'],
    ['/income', 'b'],
    ['/user/me', null],
  ])
  await userEvent.selectOptions(screen.getByLabelText('Account'), 'Main')
  expect(reload).toHaveBeenCalledTimes(2)
  await queryClient.query({ ...meQuery, staleTime: 0 })
  expect(chosenAccount.get()).toBeNull()
})

it('returns to the first account when the chosen one is closed', async () => {
  sessionStorage.setItem('velox.account.u', '"c"')
  await show()
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1))
  expect(sessionStorage.getItem('velox.account.u')).toBe('null')
})
