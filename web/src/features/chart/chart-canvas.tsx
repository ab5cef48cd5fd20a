import { t } from '@lingui/core/macro'
import { ChevronsRight } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { type CandleFeed, openFeed } from '@/features/chart/candle-feed'
import { ChartLines } from '@/features/chart/chart-lines'
import { changeChart, chartSettings } from '@/features/chart/chart-settings'
import { ChartStudies } from '@/features/chart/chart-studies'
import { chartColours } from '@/features/chart/chart-theme'
import { ChartTrading, type TradingParts } from '@/features/chart/chart-trading'
import { ChartView } from '@/features/chart/chart-view'
import { FillMarks } from '@/features/chart/fill-marks'
import { Legend, type LegendHandle } from '@/features/chart/legend'
import type { Timeframe } from '@/live/frames'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import { theme } from '@/theme'
import { useTimeZone } from '@/time-zone'
import type { ProposedOrder } from '@/trading/proposal'
import { Spinner } from '@/ui/states'

/** The loading state of the candles named by `key`. */
type Loaded = { key: string; state: 'loading' | 'ready' | 'empty' | 'failed' }

type ChartCanvasProps = {
  asset: Asset
  timeframe: Timeframe
  /** Fills an order form with an order from the chart. */
  onDraft?: ((order: ProposedOrder) => void) | undefined
}

/** The chart component: creates the chart once, then applies changes to it. */
export function ChartCanvas({ asset, timeframe, onDraft }: ChartCanvasProps) {
  const element = useRef<HTMLDivElement>(null)
  const layer = useRef<HTMLFieldSetElement>(null)
  const hintId = useId()
  const feed = useRef<CandleFeed | null>(null)
  const legend = useRef<LegendHandle>(null)
  const [parts, setParts] = useState<TradingParts | null>(null)
  const info = assetInfo(asset)
  const { isLog, indicators } = useStore(chartSettings)
  const key = `${asset}:${timeframe}`
  const [loaded, setLoaded] = useState<Loaded>({ key, state: 'loading' })
  const state = loaded.key === key ? loaded.state : 'loading'
  const zone = useTimeZone()
  const [isAway, setIsAway] = useState(false)

  useEffect(() => {
    if (!parts) return
    const { view, marks } = parts
    view.setSeconds(timeframe === '30s')
    view.setCandles([])
    legend.current?.show([])
    let told: Loaded['state'] = 'loading'
    const opened = openFeed(asset, timeframe, (change) => {
      const candles = opened.candles()
      if (change.kind === 'all') view.setCandles(candles)
      if (change.kind === 'end') view.updateEnd(candles, change.candles)
      marks.setCandles(candles)
      legend.current?.show(candles)
      const reached = candles.length > 0 ? 'ready' : change.kind === 'failed' ? 'failed' : 'empty'
      // Not with each price: React keeps even an update that changes nothing until the next render.
      if (reached === told) return
      told = reached
      setLoaded({ key, state: reached })
    })
    feed.current = opened
    // Resets a manual price scale, which would not fit another asset.
    view.showNow()
    return () => opened.close()
  }, [parts, asset, timeframe, key])

  useEffect(() => parts?.view.setAsset(info), [parts, info])
  useEffect(() => parts?.view.setTimeZone(zone), [parts, zone])
  useEffect(() => parts?.view.setLog(isLog), [parts, isLog])
  useEffect(() => parts?.view.setIndicators(indicators), [parts, indicators])

  // The last effect, because its clean-up must run last: the others still use the chart.
  useEffect(() => {
    if (!element.current || !layer.current) return
    const view = new ChartView(element.current, chartColours(), chartSettings.get().barSpacing, {
      onNeedOlder: () => feed.current?.older(),
      onCrosshair: (time) => legend.current?.point(time),
      onBarSpacing: (barSpacing) => changeChart({ barSpacing }),
      onAway: setIsAway,
    })
    const colours = chartColours()
    const marks = new FillMarks(view, colours)
    const lines = new ChartLines(view, layer.current, { asset: '', colours, hintId })
    const leaveTheme = theme.subscribe(() => {
      view.setColours(chartColours())
      lines.setColours(chartColours())
      marks.setColours(chartColours())
    })
    setParts({ view, lines, marks, chart: element.current, layer: layer.current })
    return () => {
      leaveTheme()
      setParts(null)
      lines.remove()
      view.remove()
    }
  }, [hintId])

  return (
    <div className="relative h-full">
      <div
        ref={element}
        className="absolute inset-0 isolate"
        data-testid="chart"
        data-state={state}
      />
      <fieldset
        ref={layer}
        aria-label={t`Lines on the chart`}
        className="pointer-events-none absolute top-0 left-0 z-10"
      >
        <p id={hintId} className="sr-only">
          {t`Arrow keys move it by a tick, page keys by a thousand, Shift by ten times as much. Enter confirms, Escape cancels, Delete removes.`}
        </p>
      </fieldset>
      <Legend ref={legend} view={parts?.view ?? null} asset={asset} timeframe={timeframe} />
      <ChartStudies
        view={parts?.view ?? null}
        feed={feed}
        asset={asset}
        timeframe={timeframe}
        isTaken={(y, isTouch) => Boolean(parts?.lines.gripAt(y, isTouch))}
      />
      {isAway && (
        <button
          type="button"
          onClick={() => parts?.view.showNow()}
          className="absolute right-20 bottom-10 z-10 inline-flex h-7 items-center gap-1 rounded-full border border-edge bg-raised px-3 text-xs text-soft shadow-lg hover:bg-hover hover:text-ink"
        >
          {t`Go to latest`} <ChevronsRight size={14} aria-hidden />
        </button>
      )}
      {state !== 'ready' && <Veil state={state} />}
      {parts && (
        <ChartTrading parts={parts} asset={asset} isReady={state === 'ready'} onDraft={onDraft} />
      )}
    </div>
  )
}

function Veil({ state }: { state: Exclude<Loaded['state'], 'ready'> }) {
  return (
    <output className="pointer-events-none absolute inset-0 flex items-center justify-center gap-2 text-soft">
      {state === 'loading' && (
        <>
          <Spinner /> {t`Loading candles…`}
        </>
      )}
      {state === 'empty' && t`No trades yet`}
      {state === 'failed' && t`Can’t load candles; retrying…`}
    </output>
  )
}
