/** Lists that the server keeps in its database, page by page, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { RecordQuery } from '@/api/records'
import { subscribeAccount } from '@/live/connection'
import { queryClient } from '@/query-client'

/** The time after a change in which its rows are stored. */
const STORED_MS = 1_500

type Page = { nextCursor: string | null }
type FetchPage<P> = (query: RecordQuery, cursor: string | null, signal: AbortSignal) => Promise<P>

/** Fetches a list, and again after each change of the account. `name` begins the keys of its filters. */
export function useStoredList<P extends Page>(
  name: string,
  query: RecordQuery,
  fetchPage: FetchPage<P>,
) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const leave = subscribeAccount(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: [name] })
      }, STORED_MS)
    })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [name])
  return useInfiniteQuery({
    queryKey: [name, query, 'pages'],
    queryFn: ({ pageParam, signal }) => fetchPage(query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  })
}
