/** Loads the list of markets and keeps it up to date. */

import { queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import { setMarkets, unlistedSymbols } from '@/markets'
import { queryClient } from '@/query-client'

/** The interval of loading: the longest time after which a new market appears. */
const REFRESH_MS = 30_000
/** The time for which unlisted symbols are gathered, since many arrive together. */
const GATHER_MS = 250

/**
 * Loads the markets into their store, where formatting finds them outside React, and where they
 * outlive the cache, which is cleared at sign-in. Returns their number.
 */
export const marketsQuery = queryOptions({
  queryKey: ['markets'],
  queryFn: async ({ signal }) => {
    const list = await api.markets(signal)
    setMarkets(list)
    return list.length
  },
  refetchInterval: REFRESH_MS,
  refetchOnWindowFocus: true,
})

/** Begins to load the list, while the code of a page that shows markets is loaded. */
export function startMarkets(): void {
  void queryClient.query(marketsQuery).catch(() => undefined)
}

let due: ReturnType<typeof setTimeout> | undefined

unlistedSymbols.subscribe(() => {
  due ??= setTimeout(() => {
    due = undefined
    void queryClient.query({ ...marketsQuery, staleTime: 0 }).catch(() => undefined)
  }, GATHER_MS)
})
