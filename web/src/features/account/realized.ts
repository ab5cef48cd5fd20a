import { skipToken, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import { useClosedPositions } from '@/trading/queries'

/**
 * Returns the realized P&L of all closed positions; null until it is known. Loaded positions are
 * summed here, so that a close counts immediately; the server sums the older ones, which don't
 * change.
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
