import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import { setMarkets } from '@/markets'
import { TradePage } from '@/pages/trade-page'
import { loadView } from '@/pages/trade-views'
import { queryClient } from '@/query-client'
import { leavePage, showPage } from '@/testing-page'
import { costly, market } from '@/testkit'
import { accountQuery } from '@/trading/queries'

vi.mock('@/features/chart/chart-panel', () => ({
  ChartPanel: ({ asset }: { asset: string }) => <p>Chart of {asset}</p>,
}))

const TWO = [market('BTCUSDT'), market('ETHUSDT')]

beforeEach(async () => {
  setMarkets(TWO)
  // A phone, whose lists are not virtual.
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (media) => Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList,
  )
  queryClient.setQueryData(accountQuery.queryKey, {
    positions: [
      {
        orderId: 'a',
        asset: 'NEWUSDT',
        orderType: 'LONG',
        leverage: 3,
        qty: exact('2'),
        margin: exact('10'),
        executionPrice: exact('15.5'),
        liquidationPrice: exact('12'),
        stopLoss: null,
        takeProfit: null,
        createdAt: Date.now(),
        commission: 0n,
        funding: 0n,
      },
    ],
    orders: [],
    free: exact('1000'),
    usedMargin: exact('10'),
    reserved: 0n,
    sequence: 1,
    closedIds: [],
    endedIds: [],
  })
  history.replaceState(null, '', '/trade')
  await loadView()
  await showPage(<TradePage />)
})

afterEach(leavePage)

const chart = () => screen.getByText(/^Chart of/).textContent

it('shows a position in an unlisted market, and its format once it is listed', async () => {
  await userEvent.click(screen.getByRole('button', { name: 'Positions (1)' }))
  const positions = () => screen.getByRole('list', { name: 'Open positions' }).textContent
  expect(positions()).toContain('2.00000000 NEWUSDT')
  expect(positions()).toContain('15.50000000')
  act(() => setMarkets([...TWO, market('NEWUSDT', { quantityDecimals: 1 })]))
  expect(positions()).toContain('2.0 NEW')
  expect(positions()).toContain('15.50Mark')
})

it('shows what a position has cost, and that its mark price liquidates nothing', async () => {
  await userEvent.click(screen.getByRole('button', { name: 'Positions (1)' }))
  const positions = () => screen.getByRole('list', { name: 'Open positions' }).textContent
  expect(positions()).toMatch(/Fees0\.00Funding0\.00/)
  act(() => {
    setMarkets([...TWO, costly('NEWUSDT')])
    queryClient.setQueryData(accountQuery.queryKey, (account) => {
      const [position] = account?.positions ?? []
      if (!account || !position) return account
      const costs = { commission: exact('0.0505'), funding: exact('-0.01') }
      return { ...account, positions: [{ ...position, ...costs }] }
    })
    queryClient.setQueryData(['mark-problems'], new Map([['NEWUSDT', 'STALE']]))
  })
  expect(positions()).toContain('Fees0.06')
  expect(positions()).toContain('Funding-0.01')
  expect(positions()).toContain('it liquidates no position.')
})

it('shows the markets of the number keys, and of those listed later', async () => {
  expect(chart()).toBe('Chart of BTCUSDT')
  await userEvent.keyboard('2')
  expect(chart()).toBe('Chart of ETHUSDT')
  await userEvent.keyboard('3')
  expect(chart()).toBe('Chart of ETHUSDT')
  act(() => setMarkets([...TWO, market('NEWUSDT')]))
  await userEvent.keyboard('3')
  expect(chart()).toBe('Chart of NEWUSDT')
})

it('falls back to the first market when the chosen one is listed no longer', async () => {
  await userEvent.keyboard('2')
  act(() => setMarkets([market('SOLUSDT')]))
  expect(chart()).toBe('Chart of SOLUSDT')
})

it('begins with a link that skips the header', async () => {
  await userEvent.tab()
  expect(document.activeElement?.textContent).toBe('Skip to content')
  await userEvent.keyboard('{Enter}')
  expect(document.activeElement).toBe(screen.getByRole('main'))
  expect(location.hash).toBe('')
})
