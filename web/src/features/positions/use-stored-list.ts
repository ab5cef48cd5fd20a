/** Lists that the server keeps in its database, page by page, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query'
import type { RecordQuery } from '@/api/records'
import { useRefetchOnChange } from '@/trading/refetch'

type Page = { nextCursor: string | null }
type FetchPage<P> = (query: RecordQuery, cursor: string | null, signal: AbortSignal) => Promise<P>

/** Fetches a list, and again after each change of the account. `name` begins the keys of its filters. */
export function useStoredList<P extends Page>(
  name: string,
  query: RecordQuery,
  fetchPage: FetchPage<P>,
) {
  useRefetchOnChange(name)
  return useInfiniteQuery({
    queryKey: [name, query, 'pages'],
    queryFn: ({ pageParam, signal }) => fetchPage(query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  })
}
