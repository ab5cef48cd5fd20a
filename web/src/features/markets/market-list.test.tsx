import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MarketList } from '@/features/markets/market-list'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, stubInView } from '@/testkit'

beforeEach(() => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  stubInView()
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => market(`C${String(n).padStart(2, '0')}USDT`))

it('has tiles for the first markets, and a search when there are more', () => {
  setMarkets(numbered(12))
  render(
    <QueryClientProvider client={queryClient}>
      <MarketList asset="C00USDT" onAsset={() => undefined} />
    </QueryClientProvider>,
  )
  expect(screen.getAllByRole('listitem')).toHaveLength(12)
  expect(screen.queryByRole('button', { name: /^Asset:/ })).toBeNull()
  act(() => setMarkets(numbered(40)))
  expect(screen.getAllByRole('listitem')).toHaveLength(12)
  expect(screen.getByText('40 markets')).toBeTruthy()
  expect(screen.getByRole('button', { name: /^Asset:/ })).toBeTruthy()
})
