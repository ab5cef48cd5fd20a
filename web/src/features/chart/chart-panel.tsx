import { Maximize, Minimize, SlidersHorizontal } from 'lucide-react'
import { lazy, Suspense } from 'react'
import {
  changeChart,
  chartSettings,
  INDICATORS,
  toggleIndicator,
} from '@/features/chart/chart-settings'
import { INDICATOR_NAMES } from '@/features/chart/indicators'
import { useFullScreen } from '@/features/chart/use-full-screen'
import { type Timeframe, TIMEFRAMES } from '@/live/frames'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { ZoneSwitch } from '@/time-zone'
import { IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { Menu, MenuCheck, MenuLabel, MenuLine } from '@/ui/menu'
import { Loading } from '@/ui/states'
import { Segmented } from '@/ui/tabs'
import { useKeys } from '@/ui/use-keys'

// The chart library is the largest part of the page; load it separately.
const ChartCanvas = lazy(async () => ({
  default: (await import('@/features/chart/chart-canvas')).ChartCanvas,
}))

type ChartPanelProps = {
  asset: Asset
  /** The timeframe of one of several charts; without it, that of the settings. */
  timeframe?: Timeframe
  onTimeframe?: (timeframe: Timeframe) => void
  /** Whether the page's keys are about this chart. */
  hasKeys?: boolean
}

const changeTimeframe = (timeframe: Timeframe) => changeChart({ timeframe })

export function ChartPanel(props: ChartPanelProps) {
  const { asset, onTimeframe = changeTimeframe, hasKeys = true } = props
  const { timeframe: set, isLog } = useStore(chartSettings)
  const timeframe = props.timeframe ?? set
  const [isFull, toggleFull] = useFullScreen()
  const toggleLog = () => changeChart({ isLog: !isLog })
  useKeys(hasKeys ? { f: toggleFull, l: toggleLog } : {})
  return (
    <section
      aria-label="Chart"
      className={cx(
        'flex min-h-0 flex-1 flex-col bg-panel',
        isFull && 'fixed inset-0 z-30 h-dvh w-dvw',
      )}
    >
      <div className="flex h-9 shrink-0 items-center justify-between gap-2 border-b border-line px-2">
        <Segmented
          label="Timeframe"
          value={timeframe}
          onChange={onTimeframe}
          className="min-w-0 overflow-x-auto"
          options={TIMEFRAMES.map((each) => ({ value: each, label: each }))}
        />
        <div className="flex shrink-0 items-center">
          <button
            type="button"
            aria-pressed={isLog}
            title="Logarithmic scale (L)"
            onClick={toggleLog}
            className="h-7 rounded px-2 text-xs text-soft hover:text-ink aria-pressed:bg-hover aria-pressed:text-accent"
          >
            Log
          </button>
          <ShownMenu />
          <IconButton
            label={isFull ? 'Exit full screen (F)' : 'Full screen (F)'}
            onClick={toggleFull}
          >
            {isFull ? <Minimize size={15} /> : <Maximize size={15} />}
          </IconButton>
        </div>
      </div>
      <div className="min-h-0 flex-1">
        <Suspense fallback={<Loading label="Loading the chart" />}>
          <ChartCanvas asset={asset} timeframe={timeframe} />
        </Suspense>
      </div>
      <p className="shrink-0 px-3 pb-1 text-right text-2xs text-faint">
        <ZoneSwitch /> · Chart by{' '}
        <a
          href="https://www.tradingview.com/"
          target="_blank"
          rel="noreferrer"
          className="underline hover:text-ink"
        >
          TradingView
        </a>
      </p>
    </section>
  )
}

function ShownMenu() {
  const { indicators, showQuote, showPositions } = useStore(chartSettings)
  return (
    <Menu
      trigger={
        <IconButton label="Chart options">
          <SlidersHorizontal size={15} />
        </IconButton>
      }
    >
      <MenuLabel>Lines</MenuLabel>
      <MenuCheck checked={showQuote} onChange={(on) => changeChart({ showQuote: on })}>
        Bid and ask
      </MenuCheck>
      <MenuCheck checked={showPositions} onChange={(on) => changeChart({ showPositions: on })}>
        Open positions
      </MenuCheck>
      <MenuLine />
      <MenuLabel>Indicators</MenuLabel>
      {INDICATORS.map((indicator) => (
        <MenuCheck
          key={indicator}
          checked={indicators.includes(indicator)}
          onChange={() => toggleIndicator(indicator)}
        >
          {INDICATOR_NAMES[indicator]}
        </MenuCheck>
      ))}
    </Menu>
  )
}
