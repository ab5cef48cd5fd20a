/** The tab and the order of the list of markets, kept across visits, and what it shows of it. */

import { useMemo } from 'react'
import { useAllDayStats } from '@/features/markets/day-stats'
import { favourites } from '@/features/markets/favourites'
import {
  MARKET_COLUMNS,
  type MarketRow,
  type MarketSort,
  matches,
  ordered,
} from '@/features/markets/market-order'
import { markets } from '@/markets'
import { load, save } from '@/storage'
import { createStore, useStore } from '@/store'

export type MarketTab = 'all' | 'favourites'

type View = { tab: MarketTab; sort: MarketSort }

const KEY = 'markets'
const DEFAULTS: View = { tab: 'all', sort: { by: 'volume', descending: true } }

const isView = (value: unknown): value is View => {
  const view = value as View | null
  const isTab = view?.tab === 'all' || view?.tab === 'favourites'
  return isTab && MARKET_COLUMNS.includes(view.sort?.by)
}

export const marketView = createStore<View>(load(KEY, isView, DEFAULTS))

marketView.subscribe(() => save(KEY, marketView.get()))

export function changeView(part: Partial<View>): void {
  marketView.set((view) => ({ ...view, ...part }))
}

/** Returns the markets that the list shows for a search text, in order. */
export function useMarketRows(text: string): readonly MarketRow[] {
  const list = useStore(markets)
  const stats = useAllDayStats()
  const starred = useStore(favourites)
  const { tab, sort } = useStore(marketView)
  return useMemo(() => {
    const shown = list.filter(
      (info) => (tab === 'all' || starred.has(info.asset)) && matches(info, text),
    )
    const rows = shown.map((info) => ({ info, stats: stats.get(info.asset) ?? null }))
    return ordered(rows, sort)
  }, [list, stats, starred, tab, sort, text])
}
