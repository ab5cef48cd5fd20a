/** The query for the performance of the account that this page shows. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, chosenAccount } from '@/api/client'
import { boundsOf, type Period } from '@/features/portfolio/period'
import { noteSymbol } from '@/markets'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { useRefetchOnChange } from '@/trading/refetch'

/** The time after which the figures follow the prices. */
const REFRESH_MS = 60_000

/** The largest number of points that a chart of the page's width can show. */
const POINTS = 1_000

export function usePerformance(period: Period) {
  const userId = useMe()?.userId
  const accountId = useStore(chosenAccount) ?? userId
  useRefetchOnChange('performance')
  return useQuery({
    queryKey: ['performance', accountId, period],
    queryFn: async ({ signal }) => {
      const bounds = boundsOf(period, Date.now())
      const found = await api.performance(accountId ?? '', { ...bounds, points: POINTS }, signal)
      for (const { asset } of found.markets) noteSymbol(asset)
      return found
    },
    // The page does not notice what happens while it is closed.
    staleTime: 0,
    gcTime: 0,
    enabled: accountId !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: true,
  })
}
