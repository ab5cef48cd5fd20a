/** The 24-hour figures of an asset: the server's, combined with the current price. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Ticker } from '@/api/schema'
import { mulDiv, SCALE } from '@/decimal'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'

/** The interval of fetching, since the 24 hours move on. Prices in between update the figures. */
const REFRESH_MS = 30_000

/** The points of a sparkline: one an hour. */
const POINTS = 24

export type DayStats = {
  open: bigint
  high: bigint
  low: bigint
  last: bigint
  volume: bigint
  /** The volume in the quote asset. */
  quoteVolume: bigint
  /** The value of all open positions; null while the server does not know it. */
  openInterest: bigint | null
  /** Null where there are no fundings. */
  fundingRate: bigint | null
  /** Unix ms. */
  nextFundingTime: number | null
  /** The last price of each hour, oldest first. */
  sparkline: readonly bigint[]
}

/** The figures of all assets, since every page shows more than one. */
const tickersQuery = queryOptions({
  queryKey: ['tickers'],
  queryFn: async ({ signal }) =>
    new Map((await api.tickers(POINTS, signal)).map((ticker) => [ticker.asset, dayStats(ticker)])),
  refetchInterval: REFRESH_MS,
  refetchOnWindowFocus: true,
  structuralSharing: false,
})

/** Returns the figures of an asset; null if there were no trades. */
export function useDayStats(asset: Asset): DayStats | null {
  return useQuery(tickersQuery).data?.get(asset) ?? null
}

const NONE: ReadonlyMap<Asset, DayStats> = new Map()

/** Returns the figures of all assets that were traded; none until they are loaded. */
export function useAllDayStats(): ReadonlyMap<Asset, DayStats> {
  return useQuery(tickersQuery).data ?? NONE
}

export function dayStats(ticker: Ticker): DayStats {
  const { openInterestValueInt, fundingRateInt } = ticker
  return {
    open: BigInt(ticker.openInt),
    high: BigInt(ticker.highInt),
    low: BigInt(ticker.lowInt),
    last: BigInt(ticker.lastInt),
    volume: BigInt(ticker.volumeInt),
    quoteVolume: BigInt(ticker.quoteVolumeInt),
    openInterest: openInterestValueInt === null ? null : BigInt(openInterestValueInt),
    fundingRate: fundingRateInt === null ? null : BigInt(fundingRateInt),
    nextFundingTime: ticker.nextFundingTime,
    sparkline: (ticker.sparklineInt ?? []).map(BigInt),
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
