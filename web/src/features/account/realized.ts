import { useEffect } from 'react'
import { useClosedPositions } from '@/trading/queries'

/** Of 50 positions each; more would be a long wait for one figure. */
const PAGES_MAX = 20

/** The sum over all closed positions; the older ones are fetched page by page. */
export function useRealizedPnl(): { sum: bigint; isKnown: boolean; about: string } {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = useClosedPositions()
  const pages = data?.pages.length ?? 0
  const isDue = hasNextPage && !isFetching && !isError && pages < PAGES_MAX
  useEffect(() => {
    if (isDue) void fetchNextPage()
  }, [isDue, fetchNextPage])

  const positions = data?.pages.flatMap((page) => page.positions) ?? []
  const isWhole = data !== undefined && !hasNextPage
  return {
    sum: positions.reduce((sum, { finalPnl }) => sum + finalPnl, 0n),
    isKnown: isWhole || pages >= PAGES_MAX,
    about: isWhole
      ? 'The sum over all closed positions.'
      : `The sum over the last ${positions.length} closed positions.`,
  }
}
