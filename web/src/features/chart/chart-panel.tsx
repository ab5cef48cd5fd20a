import { t } from '@lingui/core/macro'
import { lazy, Suspense, useState } from 'react'
import { ChartHandleContext, newHandle } from '@/features/chart/chart-handle'
import { changeChart, chartSettings } from '@/features/chart/chart-settings'
import { useFullScreen } from '@/features/chart/use-full-screen'
import type { Timeframe } from '@/live/frames'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import type { ProposedOrder } from '@/trading/proposal'
import { cx } from '@/ui/class-names'
import { Loading } from '@/ui/states'

// The chart library is the largest part of the page; load it, and the buttons, separately.
const ChartCanvas = lazy(async () => ({
  default: (await import('@/features/chart/chart-canvas')).ChartCanvas,
}))
const ChartToolbar = lazy(async () => ({
  default: (await import('@/features/chart/chart-toolbar')).ChartToolbar,
}))
const DrawingRail = lazy(async () => ({
  default: (await import('@/features/chart/drawing-tools')).DrawingRail,
}))
const ChartFooter = lazy(async () => ({
  default: (await import('@/features/chart/chart-footer')).ChartFooter,
}))

type ChartPanelProps = {
  asset: Asset
  /** The timeframe of one of several charts; without it, that of the settings. */
  timeframe?: Timeframe
  onTimeframe?: (timeframe: Timeframe) => void
  /** Whether the page's keys are about this chart. */
  hasKeys?: boolean
  /** Fills an order form with an order from the chart. */
  onDraft?: (order: ProposedOrder) => void
}

const changeTimeframe = (timeframe: Timeframe) => changeChart({ timeframe })

export function ChartPanel(props: ChartPanelProps) {
  const { asset, onTimeframe = changeTimeframe, hasKeys = true, onDraft } = props
  const { timeframe: set } = useStore(chartSettings)
  const timeframe = props.timeframe ?? set
  const [isFull, toggleFull] = useFullScreen()
  const [handle] = useState(newHandle)
  return (
    <ChartHandleContext value={handle}>
      <section
        aria-label={t`Chart`}
        className={cx(
          '@container flex min-h-0 flex-1 flex-col bg-panel',
          isFull && 'fixed inset-0 z-30 h-dvh w-dvw',
        )}
      >
        <div className="h-9 shrink-0 border-b border-line px-2">
          <Suspense>
            <ChartToolbar
              asset={asset}
              timeframe={timeframe}
              onTimeframe={onTimeframe}
              hasKeys={hasKeys}
              isFull={isFull}
              onFull={toggleFull}
            />
          </Suspense>
        </div>
        <div className="flex min-h-0 flex-1">
          <Suspense fallback={<div className="hidden w-9 @2xl:block" />}>
            <DrawingRail asset={asset} className="hidden @2xl:flex" />
          </Suspense>
          <div className="min-w-0 flex-1">
            <Suspense fallback={<Loading label={t`Loading the chart`} />}>
              <ChartCanvas asset={asset} timeframe={timeframe} onDraft={onDraft} />
            </Suspense>
          </div>
        </div>
        <Suspense fallback={<div className="h-5 shrink-0" />}>
          <ChartFooter />
        </Suspense>
      </section>
    </ChartHandleContext>
  )
}
