import { lazy, type RefObject, Suspense, useEffect } from 'react'
import type { CandleFeed } from '@/features/chart/candle-feed'
import { useChartHandle } from '@/features/chart/chart-handle'
import { chartSettings } from '@/features/chart/chart-settings'
import type { ChartView } from '@/features/chart/chart-view'
import { changeWork, deleted, drawingsOf, work } from '@/features/chart/drawings'
import type { Timeframe } from '@/live/frames'
import type { Asset } from '@/markets'
import { useStore } from '@/store'

const DrawingSurface = lazy(async () => ({
  default: (await import('@/features/chart/drawing-surface')).DrawingSurface,
}))

type ChartStudiesProps = {
  view: ChartView | null
  feed: RefObject<CandleFeed | null>
  asset: Asset
  timeframe: Timeframe
  /** Reports whether a line of an order is at a height, which is dragged before any drawing. */
  isTaken: (y: number, isTouch: boolean) => boolean
}

/** What a trader studies a market with: the type of chart, and drawings. */
export function ChartStudies(props: ChartStudiesProps) {
  const { view, feed, asset, timeframe, isTaken } = props
  const handle = useChartHandle()
  const { chartType } = useStore(chartSettings)
  const { tool } = useStore(work)
  const hasDrawings = useStore(drawingsOf(asset)).length > 0
  const isRemembered = useStore(deleted) !== null

  useEffect(() => {
    if (!view) return
    view.setTimeframe(timeframe, chartSettings.get().barSpacing)
    handle.set({ view, feed: () => feed.current, asset, timeframe })
    return () => handle.set(null)
  }, [view, feed, asset, timeframe, handle])
  useEffect(() => view?.setChartType(chartType), [view, chartType])
  // What was selected belongs to the market that was shown.
  useEffect(() => changeWork({ tool: null, selected: null, edited: null, asset }), [asset])

  if (!view) return null
  return (
    <>
      {(tool !== null || hasDrawings || isRemembered) && (
        <Suspense>
          <DrawingSurface key={asset} view={view} asset={asset} isTaken={isTaken} />
        </Suspense>
      )}
    </>
  )
}
