/** The last 24 hours of an asset, from its stored candles and the price of now. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Asset } from '@/assets'
import { mulDiv, SCALE } from '@/decimal'
import { type Candle, parseCandles, TIMEFRAME_S } from '@/live/frames'
import type { Quote } from '@/rules'

const DAY_S = 86_400
const DURATION = '15m'
const REFRESH_MS = 60_000

export type DayStats = { open: bigint; high: bigint; low: bigint; volume: bigint }

export const dayStatsQuery = (asset: Asset) =>
  queryOptions({
    queryKey: ['day', asset],
    queryFn: async ({ signal }) => {
      const limit = DAY_S / TIMEFRAME_S[DURATION] + 1
      const from = Math.floor(Date.now() / 1000) - DAY_S
      return dayStats(
        parseCandles(await api.candles({ asset, duration: DURATION, limit, from }, signal)),
      )
    },
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: true,
  })

export function useDayStats(asset: Asset): DayStats | null {
  return useQuery(dayStatsQuery(asset)).data ?? null
}

/** Null when nothing was traded. */
export function dayStats(candles: readonly Candle[]): DayStats | null {
  const [first] = candles
  if (!first) return null
  return candles.reduce(
    (stats, { high, low, volume }) => ({
      open: stats.open,
      high: high > stats.high ? high : stats.high,
      low: low < stats.low ? low : stats.low,
      volume: stats.volume + volume,
    }),
    { open: first.open, high: first.high, low: first.low, volume: 0n },
  )
}

/** Halfway between bid and ask. */
export function mid({ bid, ask }: Quote): bigint {
  return (bid + ask) / 2n
}

/** How far the price is from where it was a day ago, a ratio at scale. */
export function changeRatio(price: bigint, open: bigint): bigint {
  return open === 0n ? 0n : mulDiv(price - open, SCALE, open, 'floor')
}

/** What was stored a minute ago may have been passed since. */
export function withPrice(stats: DayStats, price: bigint): DayStats {
  return {
    ...stats,
    high: price > stats.high ? price : stats.high,
    low: price < stats.low ? price : stats.low,
  }
}
