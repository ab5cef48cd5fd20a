import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AssetSelect } from '@/features/markets/asset-select'
import { favourites } from '@/features/markets/favourites'
import { changeView } from '@/features/markets/market-view'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, stubInView } from '@/testkit'

const THREE = [market('BTCUSDT'), market('ETHUSDT', { name: 'Ether' }), market('SOLEUR')]
const MANY = Array.from({ length: 1_000 }, (_, n) => market(`C${String(n).padStart(3, '0')}USDT`))

/** The chosen assets. */
let chosen: string[] = []

beforeEach(() => {
  chosen = []
  setMarkets(THREE)
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  stubInView()
  // The height of the list, since nothing is laid out here.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(416)
})

afterEach(() => {
  cleanup()
  favourites.set(new Set())
  changeView({ tab: 'all', sort: { by: 'volume', descending: true } })
  queryClient.clear()
  vi.unstubAllGlobals()
})

async function open(asset: string) {
  const user = userEvent.setup()
  render(
    <QueryClientProvider client={queryClient}>
      <AssetSelect asset={asset} onAsset={(next) => chosen.push(next)} />
    </QueryClientProvider>,
  )
  await user.click(screen.getByRole('button', { name: /^Asset:/ }))
  await screen.findByRole('grid')
  return user
}

const rows = () => screen.queryAllByRole('row').filter(({ id }) => id !== '')
const options = () => rows().map(({ id }) => id.replace('asset-', ''))
const active = () => screen.getByRole('combobox').getAttribute('aria-activedescendant')

it('shows a market that is added while the list is open', async () => {
  await open('BTCUSDT')
  expect(options()).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLEUR'])
  act(() => setMarkets([...THREE, market('NEWUSDT')]))
  expect(options()).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLEUR', 'NEWUSDT'])
})

it('shows the quote asset beside the base', async () => {
  await open('SOLEUR')
  expect(screen.getByRole('button', { name: /^Asset:/ }).textContent).toBe('Asset:SOLEUR')
  act(() => setMarkets([market('SOLEUR', { quoteAsset: 'EURO' })]))
  expect(rows()[0]?.textContent).toContain('SOL EURO')
})

it('finds by symbol or name; Enter chooses the first found', async () => {
  const user = await open('BTCUSDT')
  await user.type(screen.getByRole('combobox'), 'ether')
  expect(options()).toEqual(['ETHUSDT'])
  await user.keyboard('{Enter}')
  expect(chosen).toEqual(['ETHUSDT'])
})

it('renders only a part of a thousand markets, and keeps the active one among them', async () => {
  setMarkets(MANY)
  const user = await open('C500USDT')
  expect(options()).toContain('C500USDT')
  expect(options().length).toBeLessThan(30)
  expect(active()).toBe('asset-C500USDT')
  await user.type(screen.getByRole('combobox'), 'c7{ArrowUp}')
  // Up from the first is the last: C7 to C799.
  expect(active()).toBe('asset-C799USDT')
  await user.keyboard('{Enter}')
  expect(chosen).toEqual(['C799USDT'])
})

it('survives keys while nothing is found', async () => {
  const user = await open('BTCUSDT')
  await user.type(screen.getByRole('combobox'), 'zzz{ArrowDown}{Enter}')
  expect(screen.getByText('No assets found')).toBeTruthy()
  expect(chosen).toEqual([])
  act(() => setMarkets([...THREE, market('ZZZUSDT')]))
  await user.keyboard('{Enter}')
  expect(chosen).toEqual(['ZZZUSDT'])
})

it('keeps favourites, on a tab of their own', async () => {
  const user = await open('BTCUSDT')
  await user.click(screen.getByRole('button', { name: 'ETH is a favourite' }))
  expect(chosen).toEqual([])
  await user.click(screen.getByRole('radio', { name: 'Favourites (1)' }))
  expect(options()).toEqual(['ETHUSDT'])
  expect(localStorage.getItem('velox.favourites')).toBe('["ETHUSDT"]')
  await user.click(screen.getByRole('button', { name: 'ETH is a favourite' }))
  expect(screen.getByText('No favourites yet. Star a market to find it here.')).toBeTruthy()
})

it('orders by a column, and by its reverse on another press', async () => {
  const user = await open('BTCUSDT')
  const heading = screen.getByRole('button', { name: 'Market' })
  await user.click(heading)
  expect(options()).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLEUR'])
  await user.click(heading)
  expect(options()).toEqual(['SOLEUR', 'ETHUSDT', 'BTCUSDT'])
  expect(heading.closest('[role=columnheader]')?.getAttribute('aria-sort')).toBe('descending')
})
