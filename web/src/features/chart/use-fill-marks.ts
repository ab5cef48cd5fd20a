import { useEffect } from 'react'
import { chartSettings } from '@/features/chart/chart-settings'
import type { ChartView } from '@/features/chart/chart-view'
import { openFills } from '@/features/chart/fill-feed'
import type { FillMarks } from '@/features/chart/fill-marks'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { useAccount } from '@/trading/queries'

/** Shows the fills of the account on the candles, as far back as these are in sight. */
export function useFillMarks(
  view: ChartView,
  marks: FillMarks,
  asset: Asset,
  isReady: boolean,
): void {
  const { showFills } = useStore(chartSettings)
  const hasAccount = useAccount().data !== undefined
  const isOn = showFills && hasAccount && isReady
  useEffect(() => {
    if (!isOn) return
    const feed = openFills(asset, (fills) => marks.setFills(fills))
    const scale = view.chart.timeScale()
    const cover = () => {
      const from = scale.getVisibleRange()?.from
      if (typeof from === 'number') feed.cover(from)
    }
    cover()
    scale.subscribeVisibleTimeRangeChange(cover)
    return () => {
      scale.unsubscribeVisibleTimeRangeChange(cover)
      feed.close()
      marks.setFills([])
    }
  }, [view, marks, asset, isOn])
}
