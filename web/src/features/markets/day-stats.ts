/** The last 24 hours of an asset: the server's figures, and the price of now. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Ticker } from '@/api/schema'
import type { Asset } from '@/assets'
import { mulDiv, SCALE } from '@/decimal'
import type { Quote } from '@/rules'

/** Where the 24 hours begin moves on; prices in between are added to what was fetched. */
const REFRESH_MS = 60_000

export type DayStats = { open: bigint; high: bigint; low: bigint; volume: bigint }

/** All assets at once: every page shows more than one. */
const tickersQuery = queryOptions({
  queryKey: ['tickers'],
  queryFn: async ({ signal }) =>
    new Map((await api.tickers(signal)).map((ticker) => [ticker.asset, dayStats(ticker)])),
  refetchInterval: REFRESH_MS,
  refetchOnWindowFocus: true,
})

/** Null when nothing was traded. */
export function useDayStats(asset: Asset): DayStats | null {
  return useQuery(tickersQuery).data?.get(asset) ?? null
}

export function dayStats({ openInt, highInt, lowInt, volumeInt }: Ticker): DayStats {
  return {
    open: BigInt(openInt),
    high: BigInt(highInt),
    low: BigInt(lowInt),
    volume: BigInt(volumeInt),
  }
}

/** Halfway between bid and ask, which is the price of the trade that they were made of. */
export function mid({ bid, ask }: Quote): bigint {
  return (bid + ask) / 2n
}

/** How far the price is from where it was a day ago, a ratio at scale. */
export function changeRatio(price: bigint, open: bigint): bigint {
  return open === 0n ? 0n : mulDiv(price - open, SCALE, open, 'floor')
}

/** What was fetched a minute ago may have been passed since. */
export function withPrice(stats: DayStats, price: bigint): DayStats {
  return {
    ...stats,
    high: price > stats.high ? price : stats.high,
    low: price < stats.low ? price : stats.low,
  }
}
