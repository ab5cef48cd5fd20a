import { afterEach, expect, it } from 'vitest'
import { markets, setMarkets } from '@/markets'
import {
  changeLayout,
  DEFAULT_LAYOUT,
  firstCells,
  layout,
  layoutResets,
  readLayout,
  resetLayout,
} from '@/pages/trade-layout'
import { market } from '@/testkit'

afterEach(() => localStorage.clear())

it.each([
  [{}, DEFAULT_LAYOUT],
  [{ preset: 'sideways', ticketSide: 3, showTape: 'yes', cells: 'none' }, DEFAULT_LAYOUT],
  [
    { preset: 'wide', ticketSide: 'left', positionsAt: 'right', showTape: false },
    {
      ...DEFAULT_LAYOUT,
      preset: 'wide',
      ticketSide: 'left',
      positionsAt: 'right',
      showTape: false,
    },
  ],
  [
    { cells: [{ asset: 'BTCUSDT', timeframe: '5m' }, { asset: 'BTCUSDT', timeframe: '7m' }, 9] },
    { ...DEFAULT_LAYOUT, cells: [{ asset: 'BTCUSDT', timeframe: '5m' }] },
  ],
])('reads %j', (saved, expected) => {
  expect(readLayout(saved)).toEqual(expected)
})

it('keeps changes, and forgets them and all sizes on a reset', () => {
  changeLayout({ preset: 'focus' })
  expect(JSON.parse(localStorage.getItem('velox.layout') ?? '')).toMatchObject({ preset: 'focus' })
  localStorage.setItem('react-resizable-panels:velox.panels.trade', '{}')
  localStorage.setItem('velox.other', '1')
  const before = layoutResets.get()
  resetLayout()
  expect(layout.get()).toEqual(DEFAULT_LAYOUT)
  expect(layoutResets.get()).toBe(before + 1)
  expect(Object.keys(localStorage).toSorted()).toEqual(['velox.layout', 'velox.other'])
})

it.each([
  [1, ['AAAUSDT 1m', 'AAAUSDT 5m', 'AAAUSDT 15m', 'AAAUSDT 1h']],
  [2, ['AAAUSDT 1m', 'BBBUSDT 1m', 'AAAUSDT 15m', 'AAAUSDT 1h']],
  [5, ['AAAUSDT 1m', 'BBBUSDT 1m', 'CCCUSDT 1m', 'DDDUSDT 1m']],
])('begins a grid with %i markets', (count, expected) => {
  setMarkets(
    ['AAA', 'BBB', 'CCC', 'DDD', 'EEE'].slice(0, count).map((base) => market(`${base}USDT`)),
  )
  const cells = firstCells('AAAUSDT', markets.get())
  expect(cells.map(({ asset, timeframe }) => `${asset} ${timeframe}`)).toEqual(expected)
})
