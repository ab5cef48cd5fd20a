import { ChevronsRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { type CandleFeed, openFeed } from '@/features/chart/candle-feed'
import { ChartLines, type ExitMove } from '@/features/chart/chart-lines'
import { changeChart, chartSettings } from '@/features/chart/chart-settings'
import { chartColours } from '@/features/chart/chart-theme'
import { ChartView } from '@/features/chart/chart-view'
import { dragExits } from '@/features/chart/exit-drag'
import { ExitMoveDialog } from '@/features/chart/exit-move-dialog'
import { Legend, type LegendHandle } from '@/features/chart/legend'
import type { Timeframe } from '@/live/frames'
import { triggeringQuote } from '@/live/marks'
import { quoteOf, subscribeQuote } from '@/live/prices'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import { theme } from '@/theme'
import { useTimeZone } from '@/time-zone'
import { useAccount } from '@/trading/queries'
import { Spinner } from '@/ui/states'

type Parts = { view: ChartView; lines: ChartLines }

/** The loading state of the candles named by `key`. */
type Loaded = { key: string; state: 'loading' | 'ready' | 'empty' | 'failed' }

/** The chart component: creates the chart once, then applies changes to it. */
export function ChartCanvas({ asset, timeframe }: { asset: Asset; timeframe: Timeframe }) {
  const element = useRef<HTMLDivElement>(null)
  const feed = useRef<CandleFeed | null>(null)
  const legend = useRef<LegendHandle>(null)
  const [parts, setParts] = useState<Parts | null>(null)
  const [move, setMove] = useState<ExitMove | null>(null)
  const info = assetInfo(asset)
  const { isLog, indicators, showQuote, showPositions } = useStore(chartSettings)
  const key = `${asset}:${timeframe}`
  const [loaded, setLoaded] = useState<Loaded>({ key, state: 'loading' })
  const state = loaded.key === key ? loaded.state : 'loading'
  const zone = useTimeZone()
  const [isAway, setIsAway] = useState(false)
  const account = useAccount().data
  const positions = account?.positions
  const orders = account?.orders

  useEffect(() => {
    if (!parts) return
    const { view, lines } = parts
    view.setSeconds(timeframe === '30s')
    view.setCandles([])
    legend.current?.show([])
    const opened = openFeed(asset, timeframe, (change) => {
      const candles = opened.candles()
      if (change.kind === 'all') view.setCandles(candles)
      if (change.kind === 'end') view.updateEnd(candles, change.candles)
      lines.nameLines()
      legend.current?.show(candles)
      const reached = candles.length > 0 ? 'ready' : change.kind === 'failed' ? 'failed' : 'empty'
      setLoaded((was) => (was.key === key && was.state === reached ? was : { key, state: reached }))
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

  useEffect(() => {
    if (!parts || !showQuote) return
    const draw = () => parts.lines.setQuote(quoteOf(asset))
    draw()
    const leave = subscribeQuote(asset, draw)
    return () => {
      leave()
      parts.lines.setQuote(null)
    }
  }, [parts, asset, showQuote])

  useEffect(() => {
    const own = showPositions ? positions?.filter((position) => position.asset === asset) : []
    // Also after a move, so that an unconfirmed line returns to its place.
    if (!move) parts?.lines.setPositions(own ?? [])
  }, [parts, positions, asset, showPositions, move])

  useEffect(() => {
    const own = showPositions ? orders?.filter((order) => order.asset === asset) : []
    parts?.lines.setOrders(own ?? [])
  }, [parts, orders, asset, showPositions])

  useEffect(() => {
    if (!parts || !element.current) return
    const { view, lines } = parts
    const quote = () => triggeringQuote(asset)
    return dragExits(element.current, {
      view,
      lines,
      info,
      quote,
      onDrop: setMove,
    })
  }, [parts, asset, info])

  // The last effect, because its clean-up must run last: the others still use the chart.
  useEffect(() => {
    if (!element.current) return
    const view = new ChartView(element.current, chartColours(), chartSettings.get().barSpacing, {
      onNeedOlder: () => feed.current?.older(),
      onCrosshair: (time) => legend.current?.point(time),
      onBarSpacing: (barSpacing) => changeChart({ barSpacing }),
      onAway: setIsAway,
    })
    const lines = new ChartLines(view, chartColours())
    const leaveTheme = theme.subscribe(() => {
      view.setColours(chartColours())
      lines.setColours(chartColours())
    })
    setParts({ view, lines })
    return () => {
      leaveTheme()
      setParts(null)
      view.remove()
    }
  }, [])

  return (
    <div className="relative h-full">
      <div ref={element} className="absolute inset-0" data-testid="chart" data-state={state} />
      <Legend ref={legend} asset={asset} timeframe={timeframe} />
      {isAway && (
        <button
          type="button"
          onClick={() => parts?.view.showNow()}
          className="absolute right-20 bottom-10 z-10 inline-flex h-7 items-center gap-1 rounded-full border border-edge bg-raised px-3 text-xs text-soft shadow-lg hover:bg-hover hover:text-ink"
        >
          Go to latest <ChevronsRight size={14} aria-hidden />
        </button>
      )}
      {state !== 'ready' && <Veil state={state} />}
      <ExitMoveDialog move={move} onClose={() => setMove(null)} />
    </div>
  )
}

function Veil({ state }: { state: Exclude<Loaded['state'], 'ready'> }) {
  return (
    <output className="pointer-events-none absolute inset-0 flex items-center justify-center gap-2 text-soft">
      {state === 'loading' && (
        <>
          <Spinner /> Loading candles…
        </>
      )}
      {state === 'empty' && 'No trades yet'}
      {state === 'failed' && 'Can’t load candles; retrying…'}
    </output>
  )
}
