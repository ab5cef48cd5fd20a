import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Timeframe } from '@/live/frames'
import { setMarkets } from '@/markets'
import { ChartGrid } from '@/pages/chart-grid'
import { resetLayout } from '@/pages/trade-layout'
import { leavePage, showPage } from '@/testing-page'
import { market } from '@/testkit'

type Props = { asset: string; timeframe: Timeframe; onTimeframe: (next: Timeframe) => void }

vi.mock('@/features/chart/chart-panel', () => ({
  ChartPanel: ({ asset, timeframe, onTimeframe }: Props) => (
    <button type="button" data-testid="chart" onClick={() => onTimeframe('5m')}>
      {asset} {timeframe}
    </button>
  ),
}))

function Page() {
  const [asset, setAsset] = useState('ETHUSDT')
  return (
    <>
      <p>Order form of {asset}</p>
      <button type="button" onClick={() => setAsset('SOLUSDT')}>
        Show Solana
      </button>
      <ChartGrid asset={asset} onAsset={setAsset} />
    </>
  )
}

beforeEach(async () => {
  setMarkets(['BTCUSDT', 'ETHUSDT', 'SOLUSDT'].map((symbol) => market(symbol)))
  await showPage(<Page />)
})

afterEach(() => {
  leavePage()
  resetLayout()
})

const charts = () => screen.getAllByTestId('chart').map(({ textContent }) => textContent)
const chart = (n: number) => screen.getByRole('region', { name: `Chart ${n}` })
const form = () => screen.getByText(/^Order form/).textContent

it('begins with the shown market, and changes one chart alone', async () => {
  expect(charts()).toEqual(['ETHUSDT 1m', 'BTCUSDT 1m', 'SOLUSDT 1m', 'ETHUSDT 1h'])
  await userEvent.click(within(chart(2)).getByTestId('chart'))
  expect(charts()).toEqual(['ETHUSDT 1m', 'BTCUSDT 5m', 'SOLUSDT 1m', 'ETHUSDT 1h'])
  expect(form()).toBe('Order form of BTCUSDT')
  // The active chart shows the market that is chosen elsewhere.
  await userEvent.click(screen.getByRole('button', { name: 'Show Solana' }))
  expect(charts()).toEqual(['ETHUSDT 1m', 'SOLUSDT 5m', 'SOLUSDT 1m', 'ETHUSDT 1h'])
})

it('adds and removes charts', async () => {
  expect(screen.queryByRole('button', { name: 'Add a chart' })).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Remove chart 3' }))
  expect(charts()).toEqual(['ETHUSDT 1m', 'BTCUSDT 1m', 'ETHUSDT 1h'])
  // With the active one, the order form is about the next.
  await userEvent.click(screen.getByRole('button', { name: 'Remove chart 1' }))
  expect(charts()).toEqual(['BTCUSDT 1m', 'ETHUSDT 1h'])
  expect(form()).toBe('Order form of BTCUSDT')
  await userEvent.click(screen.getByRole('button', { name: 'Add a chart' }))
  expect(charts()).toEqual(['BTCUSDT 1m', 'ETHUSDT 1h', 'BTCUSDT 15m'])
})
