/** The mark prices of the markets that the page shows, and the problems that the engine has with them. */

import { t } from '@lingui/core/macro'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api } from '@/api/client'
import type { MarkedMarket, MarkProblem } from '@/api/schema'
import { followMarks } from '@/live/connection'
import { setMark } from '@/live/marks'
import { type Asset, assetInfo, hasMark, markets } from '@/markets'
import { useStore } from '@/store'
import { assetsOf } from '@/trading/account'
import { useAccount } from '@/trading/queries'

/** The interval of fetching. The WebSocket sends mark prices, but not what is wrong with them. */
const REFRESH_MS = 5_000
/** The number of channels whose names fit in one message; the others are only fetched. */
const FOLLOWED_MAX = 200

/**
 * The problems by market. The fetched mark prices go to their store, which also has those of
 * markets that no channel is followed for.
 */
const problemsQuery = queryOptions({
  queryKey: ['mark-problems'],
  queryFn: async ({ signal }) => {
    const marked = await api.marks(signal)
    for (const market of marked) showMark(market)
    return new Map(marked.map(({ symbol, markProblem }) => [symbol, markProblem]))
  },
  structuralSharing: false,
})

function showMark(market: MarkedMarket): void {
  const { symbol, markPriceInt, fundingRateInt, nextFundingTime, markedAt } = market
  if (markPriceInt === null) return
  setMark(symbol, {
    price: BigInt(markPriceInt),
    fundingRate: fundingRateInt === null ? null : BigInt(fundingRateInt),
    nextFundingTime,
    timestamp: markedAt ?? 0,
  })
}

/** Follows the mark prices of the shown asset and of all positions, while the page is open. */
export function useMarks(shown: Asset): void {
  const isMarked = useStore(markets).some(hasMark)
  useQuery({ ...problemsQuery, enabled: isMarked, refetchInterval: REFRESH_MS })
  const positions = useAccount().data?.positions ?? []
  const followed = [...new Set([shown, ...assetsOf(positions)])]
    .filter((asset) => hasMark(assetInfo(asset)))
    .slice(0, FOLLOWED_MAX)
    .join()
  const leave = useRef<() => void>(undefined)
  useEffect(() => {
    // The new channels first, so that those that stay are not left in between.
    const next = followMarks(followed.split(',').filter(Boolean))
    leave.current?.()
    leave.current = next
  }, [followed])
  useEffect(
    () => () => {
      leave.current?.()
      leave.current = undefined
    },
    [],
  )
}

/** Returns why the asset's mark price closes nothing; null if it does. */
export function useMarkProblem(asset: Asset): MarkProblem | null {
  const select = (problems: Map<Asset, MarkProblem | null>) => problems.get(asset) ?? null
  return useQuery({ ...problemsQuery, enabled: false, select }).data ?? null
}

/** Describes a problem and its effect in this market. */
export function markProblemWords(asset: Asset, problem: MarkProblem): string {
  const { liquidationModel, triggerPrice } = assetInfo(asset)
  const what = problemOf(problem)
  if (triggerPrice !== 'MARK') {
    return t`${what} Until it is trusted again, it liquidates no position.`
  }
  return liquidationModel === 'MAINTENANCE'
    ? t`${what} Until it is trusted again, it liquidates no position and triggers no stop-loss, take-profit or order.`
    : t`${what} Until it is trusted again, it triggers no stop-loss, take-profit or order.`
}

function problemOf(problem: MarkProblem): string {
  switch (problem) {
    case 'MISSING':
      return t`There is no mark price yet.`
    case 'NO_QUOTE':
      return t`The last price fills no order, so the mark price can’t be compared with it.`
    case 'STALE':
      return t`The mark price is too old.`
    case 'FAR':
      return t`The mark price is too far from the last price.`
  }
}
