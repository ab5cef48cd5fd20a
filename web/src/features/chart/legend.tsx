import { t } from '@lingui/core/macro'
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { fromPixel, mulDiv, SCALE } from '@/decimal'
import type { Bar } from '@/features/chart/bars'
import { PRICE_PANE, type PaneBox } from '@/features/chart/chart-panes'
import { type ChartType, chartSettings } from '@/features/chart/chart-settings'
import type { ChartView } from '@/features/chart/chart-view'
import { CountdownClock } from '@/features/chart/countdown-clock'
import { IndicatorRow, writeIndicators } from '@/features/chart/indicator-row'
import { KINDS } from '@/features/chart/indicator-specs'
import * as format from '@/format'
import type { Candle, Timeframe } from '@/live/frames'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'

export type LegendHandle = {
  /** Shows the candle at a time; null shows the last one. */
  point(time: number | null): void
  show(candles: readonly Candle[]): void
}

type LegendProps = {
  ref: Ref<LegendHandle>
  view: ChartView | null
  asset: Asset
  timeframe: Timeframe
}

/** The close among the fields of the legend. */
const CLOSE = 3
/** What a small chart of a grid has no room for: its legend is one line. */
const IN_LARGE = '@max-2xl:in-data-grid:hidden'
const ONE_LINE =
  '@max-2xl:in-data-grid:flex-nowrap @max-2xl:in-data-grid:overflow-hidden @max-2xl:in-data-grid:whitespace-nowrap'

/** The candle under the crosshair, and the indicators' values there. */
export function Legend({ ref, view, asset, timeframe }: LegendProps) {
  const root = useRef<HTMLDivElement>(null)
  const pointed = useRef<number | null>(null)
  const { indicators, chartType, showCountdown } = useStore(chartSettings)
  const [boxes, setBoxes] = useState<readonly PaneBox[]>([])
  const { base, quote } = assetInfo(asset)

  useEffect(() => view?.watchPanes(setBoxes), [view])

  useEffect(() => {
    const [all, top] = [root.current, root.current?.firstElementChild]
    if (!view || !all || !(top instanceof HTMLElement)) return
    const fit = () => view.setLegendHeight(top.offsetTop + top.offsetHeight)
    const observer = new ResizeObserver(fit)
    observer.observe(all)
    observer.observe(top)
    // A pane of an indicator takes its height from that of the candles.
    const leave = view.watchPanes(fit)
    return () => {
      leave()
      observer.disconnect()
    }
  }, [view])

  const write = () => {
    if (!root.current) return
    const shown = view?.shownAt(pointed.current) ?? null
    const texts = shown && legendTexts(asset, shown.bar)
    const tone = shown && shown.bar.close < shown.bar.open ? 'text-down' : 'text-up'
    for (const [index, span] of [...root.current.querySelectorAll('[data-value]')].entries()) {
      span.textContent = texts?.[index] ?? format.UNKNOWN
      span.className = tone
    }
    writeIndicators(root.current, asset, shown?.values ?? new Map())
  }
  useEffect(write)
  useImperativeHandle(ref, () => ({
    point(time) {
      pointed.current = time
      write()
    },
    show: write,
  }))

  const over = indicators.filter(({ kind }) => !KINDS[kind].hasPane)
  const width = 'absolute left-3 z-10 max-w-[calc(100%-6rem)]'
  return (
    <div ref={root} className="pointer-events-none absolute inset-0 text-2xs text-faint">
      <div className={`${width} top-2`}>
        <div className={`flex flex-wrap gap-x-2.5 gap-y-0.5 ${ONE_LINE}`}>
          <span className="font-medium text-soft">
            {headingOf(base, quote, timeframe, chartType)}
          </span>
          {showCountdown && view && (
            <CountdownClock view={view} asset={asset} timeframe={timeframe} />
          )}
          {[...fieldNames(), ''].map((field, index) => (
            <span key={field} className={index === CLOSE || field === '' ? '' : IN_LARGE}>
              {field !== '' && `${field} `}
              <span data-value />
            </span>
          ))}
        </div>
        {over.length > 0 && (
          <ul aria-label={t`Indicators over the candles`} className={IN_LARGE}>
            {over.map((spec) => (
              <IndicatorRow key={spec.id} spec={spec} />
            ))}
          </ul>
        )}
      </div>
      {boxes.map(({ id, top }) => {
        const spec = indicators.find((each) => each.id === id)
        if (!spec || id === PRICE_PANE) return null
        return (
          <ul
            key={id}
            aria-label={t`Indicator in a pane`}
            className={width}
            style={{ top: top + 2 }}
          >
            <IndicatorRow spec={spec} />
          </ul>
        )
      })}
    </div>
  )
}

function headingOf(base: string, quote: string, timeframe: Timeframe, type: ChartType): string {
  const name = `${base}/${quote} · ${timeframe}`
  return type === 'heikinAshi' ? `${name} · Heikin-Ashi` : name
}

/** The names of the texts of a bar, except its change, which needs none. */
export function fieldNames(): string[] {
  return [
    t({ message: 'O', context: 'open of a candle' }),
    t({ message: 'H', context: 'high of a candle' }),
    t({ message: 'L', context: 'low of a candle' }),
    t({ message: 'C', context: 'close of a candle' }),
    t`Vol`,
  ]
}

/** Returns the texts of a bar: its prices, volume and change. */
export function legendTexts(asset: Asset, bar: Bar): string[] {
  const [open, high, low, close, volume] = [bar.open, bar.high, bar.low, bar.close, bar.volume].map(
    fromPixel,
  ) as [bigint, bigint, bigint, bigint, bigint]
  const prices = [open, high, low, close].map((value) => format.price(asset, value))
  const change = open === 0n ? 0n : mulDiv(close - open, SCALE, open, 'floor')
  return [...prices, format.compact(volume), format.signedPercent(change)]
}
