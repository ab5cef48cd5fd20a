/** Search and order of the list of markets. */

import { changeRatio, type DayStats } from '@/features/markets/day-stats'
import type { AssetInfo } from '@/markets'

export const MARKET_COLUMNS = [
  'name',
  'price',
  'change',
  'ratio',
  'volume',
  'funding',
  'interest',
] as const
export type MarketColumn = (typeof MARKET_COLUMNS)[number]

export type MarketSort = { by: MarketColumn; descending: boolean }

export type MarketRow = { info: AssetInfo; stats: DayStats | null }

/** Reports whether a market's symbol or name has the text. */
export function matches({ asset, base, quote, name }: AssetInfo, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  const named = [asset, name, `${base}/${quote}`, `${base} ${quote}`]
  return named.some((each) => each.toLowerCase().includes(wanted))
}

type Figure = (stats: DayStats) => bigint | null

const FIGURES: Record<Exclude<MarketColumn, 'name'>, Figure> = {
  price: ({ last }) => last,
  change: ({ last, open }) => last - open,
  ratio: ({ last, open }) => changeRatio(last, open),
  volume: ({ quoteVolume }) => quoteVolume,
  funding: ({ fundingRate }) => fundingRate,
  interest: ({ openInterest }) => openInterest,
}

/**
 * Returns the markets in order. By the fetched figures, not by the live ones: rows should not move
 * under the pointer. Markets without the figure come last, and equal ones keep the server's order.
 */
export function ordered(rows: readonly MarketRow[], { by, descending }: MarketSort): MarketRow[] {
  const sign = descending ? -1 : 1
  if (by === 'name') {
    return rows.toSorted((a, b) => sign * (a.info.asset < b.info.asset ? -1 : 1))
  }
  const figure = FIGURES[by]
  const keyed = rows.map((row) => ({ row, key: row.stats && figure(row.stats) }))
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null)
    return a.key === b.key ? 0 : sign * (a.key < b.key ? -1 : 1)
  })
  return keyed.map(({ row }) => row)
}

/** Returns the order after a press of a column's heading: figures begin with the largest. */
export function pressed(sort: MarketSort, by: MarketColumn): MarketSort {
  if (sort.by === by) return { by, descending: !sort.descending }
  return { by, descending: by !== 'name' }
}
