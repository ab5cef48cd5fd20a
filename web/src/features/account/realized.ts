import { skipToken, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import { netPnl } from '@/trading/account'
import { useClosedPositions } from '@/trading/queries'

export type RealizedPnl = {
  amount: bigint
  /** Whether the amount is after fees and fundings. */
  isNet: boolean
}

/**
 * Returns the realized P&L of all closed positions; null until it is known. Loaded positions are
 * summed here, so that a close counts immediately; the server sums the older ones, which don't
 * change. The sum is after costs if all positions are loaded: the server's sum is before them.
 */
export function useRealizedPnl(): RealizedPnl | null {
  const { data } = useClosedPositions()
  const cursor = data?.pages.at(-1)?.nextCursor ?? null
  const older = useQuery({
    queryKey: ['realized', cursor],
    queryFn: cursor === null ? skipToken : ({ signal }) => api.realizedPnl(cursor, signal),
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  if (!data) return null
  const positions = data.pages.flatMap((page) => page.positions)
  if (cursor === null) {
    return { amount: positions.reduce((sum, each) => sum + netPnl(each), 0n), isNet: true }
  }
  if (older === undefined) return null
  return { amount: positions.reduce((sum, { finalPnl }) => sum + finalPnl, older), isNet: false }
}
