import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fileAddress } from '@/api/records'
import type { IncomeKind } from '@/api/schema'
import { AccountHistory } from '@/features/positions/account-history'
import { forgetFilters } from '@/features/positions/list-state'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, stubInView } from '@/testkit'

/** The queries of the fetched pages. */
let fetched: string[] = []

const line = (incomeId: string, kind: IncomeKind, amountInt: string) => ({
  incomeId,
  kind,
  amountInt,
  asset: kind === 'TRANSFER' ? null : 'BTCUSDT',
  positionId: null,
  orderId: null,
  time: 1_795_539_721_042,
})

beforeEach(() => {
  fetched = []
  setMarkets([market('BTCUSDT')])
  stubInView()
  // The height of the list, since nothing is laid out here.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400)
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search, searchParams } = new URL(request.url)
    fetched.push(search)
    if (pathname.endsWith('/summary')) {
      // The sum of the whole list, and that of all lines up to the newest.
      const amountInt = searchParams.has('to') ? '99994950001' : '99994950000'
      return Response.json({ sums: [], total: { amountInt, lines: 3 } })
    }
    const kind = searchParams.get('kind')
    if (kind === 'ADJUSTMENT') return Response.json({ income: [], nextCursor: null })
    if (kind) return Response.json({ income: [line('f', 'FUNDING_FEE', '-5')], nextCursor: null })
    return searchParams.has('cursor')
      ? Response.json({ income: [line('c', 'TRANSFER', '100000000000')], nextCursor: null })
      : Response.json({
          income: [line('a', 'REALIZED_PNL', '1'), line('b', 'COMMISSION', '-5050000')],
          nextCursor: '7-0.COMMISSION',
        })
  })
})

afterEach(() => {
  cleanup()
  forgetFilters()
  queryClient.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <AccountHistory />
    </QueryClientProvider>,
  )
  return userEvent.setup()
}

/** The rows between the head and the totals. */
const rows = () => screen.getAllByRole('row').slice(1, -1)
const last = (row: HTMLElement) => row.lastElementChild?.textContent
const figures = () => rows().map((row) => [row.children[4]?.textContent, last(row)])

it('lists the statement with the balance after each line, page by page', async () => {
  const user = show()
  await screen.findByRole('table', { name: 'Account history' })
  const first = [
    ['+0.00000001', '999.94950001'],
    ['-0.0505', '999.9495'],
  ]
  await vi.waitFor(() => expect(figures()).toEqual(first))
  await user.click(screen.getByRole('button', { name: 'Show older' }))
  const all = [...first, ['+1,000.00', '1,000.00']]
  await vi.waitFor(() => expect(figures()).toEqual(all))
  expect(rows().at(-1)?.textContent).toContain('Transfer')
  expect(screen.queryByRole('button', { name: 'Show older' })).toBeNull()
  // The balance is that after the newest line that was listed, not after later ones.
  for (const query of ['', '?limit=50', '?to=1795539721043', '?limit=50&cursor=7-0.COMMISSION']) {
    expect(fetched).toContain(query)
  }
  expect(screen.getAllByRole('row').at(-1)?.textContent).toBe('3 linesTotal+999.9495')
})

it('filters by kind', async () => {
  const user = show()
  await screen.findByRole('table', { name: 'Account history' })
  // The filters are loaded apart from the list.
  await user.selectOptions(await screen.findByLabelText('Kind'), 'Funding')
  // The balances of the other lines are not known to it.
  await vi.waitFor(() => expect(rows().map(last)).toEqual(['-0.00000005']))
  expect(screen.queryByText('Balance after')).toBeNull()
  expect(fetched).toContain('?kind=FUNDING_FEE&limit=50')
  // The totals are those of the same lines.
  expect(fetched).toContain('?kind=FUNDING_FEE')
  await user.selectOptions(screen.getByLabelText('Kind'), 'Adjustment')
  await screen.findByText('Nothing matches the filter')
  await user.click(screen.getByRole('button', { name: 'Clear the filter' }))
  await screen.findByText('Balance after')
})

it('has the address of the same lines as a file', () => {
  expect(fileAddress('income', {})).toBe('/api/v1/income?format=csv')
  const query = { kind: 'COMMISSION', from: 7 }
  expect(fileAddress('income', query)).toBe('/api/v1/income?kind=COMMISSION&from=7&format=csv')
  // Has no other format.
  expect(fileAddress('closed', {})).toBe('/api/v1/order/user/closed-orders.csv')
})
