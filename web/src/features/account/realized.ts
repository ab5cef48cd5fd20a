import { skipToken, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import { useClosedPositions } from '@/trading/queries'

/**
 * The sum over all closed positions; null as long as it is not known. Those that the page has are
 * added up here, where a close counts at once, and the older ones, which don't change, by the server.
 */
export function useRealizedPnl(): bigint | null {
  const { data } = useClosedPositions()
  const cursor = data?.pages.at(-1)?.nextCursor ?? null
  const older = useQuery({
    queryKey: ['realized', cursor],
    queryFn: cursor === null ? skipToken : ({ signal }) => api.realizedPnl(cursor, signal),
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  if (!data) return null
  const behind = cursor === null ? 0n : older
  if (behind === undefined) return null
  const positions = data.pages.flatMap((page) => page.positions)
  return positions.reduce((sum, { finalPnl }) => sum + finalPnl, behind)
}
