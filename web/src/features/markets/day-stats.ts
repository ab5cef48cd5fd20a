/** The 24-hour figures of an asset: the server's, combined with the current price. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Ticker } from '@/api/schema'
import { mulDiv, SCALE } from '@/decimal'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'

/** The interval of fetching, since the 24 hours move on. Prices in between update the figures. */
const REFRESH_MS = 60_000

export type DayStats = { open: bigint; high: bigint; low: bigint; volume: bigint }

/** The figures of all assets, since every page shows more than one. */
const tickersQuery = queryOptions({
  queryKey: ['tickers'],
  queryFn: async ({ signal }) =>
    new Map((await api.tickers(signal)).map((ticker) => [ticker.asset, dayStats(ticker)])),
  refetchInterval: REFRESH_MS,
  refetchOnWindowFocus: true,
})

/** Returns the figures of an asset; null if there were no trades. */
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

/** Returns the mid of bid and ask, which is the price of the trade they were derived from. */
export function mid({ bid, ask }: Quote): bigint {
  return (bid + ask) / 2n
}

/** Returns the change of the price since a day ago, a ratio at scale. */
export function changeRatio(price: bigint, open: bigint): bigint {
  return open === 0n ? 0n : mulDiv(price - open, SCALE, open, 'floor')
}

/** Extends the fetched high and low by the current price. */
export function withPrice(stats: DayStats, price: bigint): DayStats {
  return {
    ...stats,
    high: price > stats.high ? price : stats.high,
    low: price < stats.low ? price : stats.low,
  }
}
