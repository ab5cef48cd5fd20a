/** A wrapper of the chart library. Created once, updated by calls, destroyed by `remove`. */

import {
  createChart,
  CrosshairMode,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Logical,
  PriceScaleMode,
  type TickMarkType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { fromPixel, toPixel } from '@/decimal'
import { type Bar, indexAt, toBar } from '@/features/chart/bars'
import { ChartPanes, type PaneBox } from '@/features/chart/chart-panes'
import type { ChartType } from '@/features/chart/chart-settings'
import type { ChartColours } from '@/features/chart/chart-theme'
import { crosshairTime, tickMark } from '@/features/chart/chart-times'
import type { IndicatorSpec } from '@/features/chart/indicator-specs'
import { IndicatorView } from '@/features/chart/indicator-view'
import type { Value } from '@/features/chart/indicators'
import { priceFormat } from '@/features/chart/price-format'
import { PriceSeries } from '@/features/chart/price-series'
import type { Candle, Timeframe } from '@/live/frames'
import { locale } from '@/locale'
import { type AssetInfo } from '@/markets'
import type { TimeZone } from '@/settings'
import { frameOptions } from '@/ui/chart-frame'

/** The number of candles left of the screen below which older ones are requested. */
const OLDER_MARGIN = 60
/** The number of candles for which there is place right of the last one. */
const RIGHT_OFFSET = 6
/** The shares of a pane above and below the candles, and the most that a legend gets. */
const MARGINS = { top: 0.12, bottom: 0.16 }
const TOP_MAX = 0.3

/** The width of a candle within which all daily ones are shown at first, in pixels. */
const FIT_SPACING = { min: 0.5, max: 12 }

export type ChartEvents = {
  onNeedOlder: () => void
  /** The time of the candle under the crosshair. */
  onCrosshair: (time: number | null) => void
  onBarSpacing: (pixels: number) => void
  /** Called when the last candle leaves or enters the screen. */
  onAway: (isAway: boolean) => void
}

/** What the legend shows of one candle. */
export type Shown = {
  /** As drawn, which differs from the market's only for Heikin-Ashi. */
  bar: Bar
  values: ReadonlyMap<string, readonly Value[]>
}

export class ChartView {
  /** The element in which the chart is. */
  readonly element: HTMLElement
  readonly chart: IChartApi
  /** The closes, which are not drawn, but carry all lines at prices in every type of chart. */
  readonly series: ISeriesApi<'Line'>
  readonly panes: ChartPanes
  #prices: PriceSeries
  #type: ChartType = 'candles'
  #indicators: IndicatorView[] = []
  #colours: ChartColours
  #candles: readonly Candle[] = []
  #bars: Bar[] = []
  #decimals = 2
  #timeframe: Timeframe = '1m'
  #isFitDue = false

  constructor(
    container: HTMLElement,
    colours: ChartColours,
    barSpacing: number,
    events: ChartEvents,
  ) {
    this.element = container
    this.#colours = colours
    this.chart = createChart(container, {
      autoSize: true,
      localization: { locale },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        barSpacing,
        rightOffset: RIGHT_OFFSET,
      },
      // Labels stay at the heights of their prices; `chart-labels.ts` prevents overlaps.
      // Below the candles there is room for the marks of fills and the arrows to lines out of sight.
      rightPriceScale: { alignLabels: false, scaleMargins: MARGINS },
      // The attribution that the licence requires is a link below the chart.
      layout: {
        attributionLogo: false,
        fontFamily: 'Inter Variable, system-ui, sans-serif',
        fontSize: 11,
      },
    })
    this.#prices = new PriceSeries(this.chart, this.#type, colours)
    this.series = this.chart.addSeries(LineSeries, {
      lineVisible: false,
      pointMarkersVisible: false,
      crosshairMarkerVisible: false,
      priceLineStyle: LineStyle.Dotted,
    })
    this.panes = new ChartPanes(this.chart, container)
    this.setColours(colours)
    this.#listen(events)
  }

  /** Keeps the candles below the legend, which ends at a height in pixels. */
  setLegendHeight(height: number): void {
    const pane = this.panes.priceHeight()
    const share = pane === 0 ? 0 : height / pane
    const top = Math.min(Math.max(share, MARGINS.top), TOP_MAX)
    this.chart.priceScale('right').applyOptions({ scaleMargins: { ...MARGINS, top } })
  }

  setAsset(info: AssetInfo): void {
    this.#decimals = info.priceDecimals
    this.#setDecimals()
  }

  #setDecimals(): void {
    this.series.applyOptions({ priceFormat: priceFormat(this.#decimals) })
    this.#prices.setDecimals(this.#decimals)
    for (const indicator of this.#indicators) indicator.setDecimals(this.#decimals)
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    const panes = { separatorColor: colours.line, separatorHoverColor: colours.accentTint }
    this.chart.applyOptions(frameOptions(colours, panes))
    this.#prices.setColours(colours)
    this.#colourLast()
  }

  setLog(isLog: boolean): void {
    const mode = isLog ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal
    this.chart.priceScale('right').applyOptions({ mode })
  }

  setTimeZone(zone: TimeZone): void {
    this.chart.applyOptions({
      localization: { timeFormatter: (time: Time) => crosshairTime(Number(time), zone) },
      timeScale: {
        tickMarkFormatter: (time: Time, type: TickMarkType) => tickMark(Number(time), type, zone),
      },
    })
  }

  setSeconds(secondsVisible: boolean): void {
    this.chart.timeScale().applyOptions({ secondsVisible })
  }

  /** Daily candles are all shown at first, others at the distance that the trader chose. */
  setTimeframe(timeframe: Timeframe, barSpacing: number): void {
    this.#timeframe = timeframe
    this.#isFitDue = timeframe === '1d'
    if (!this.#isFitDue) this.chart.timeScale().applyOptions({ barSpacing })
  }

  setChartType(type: ChartType): void {
    if (type === this.#type) return
    this.#type = type
    this.#prices.remove()
    this.#prices = new PriceSeries(this.chart, type, this.#colours)
    this.#setDecimals()
    this.#prices.draw(this.#bars)
  }

  /** Replaces all candles; keeps the visible range. */
  setCandles(candles: readonly Candle[]): void {
    this.#candles = candles
    this.#bars = candles.map(toBar)
    this.#prices.draw(this.#bars)
    this.series.setData(this.#bars.map(closeOf))
    for (const indicator of this.#indicators) indicator.draw(this.#bars)
    this.#colourLast()
    if (this.#isFitDue && candles.length > 0) this.#fit()
  }

  /** Updates the end of the series. `changed` are the last of `candles`. */
  updateEnd(candles: readonly Candle[], changed: readonly Candle[]): void {
    const from = candles.length - changed.length
    if (from > this.#bars.length) return this.setCandles(candles)
    this.#candles = candles
    this.#bars.length = from
    for (const candle of changed) this.#bars.push(toBar(candle))
    this.#prices.update(this.#bars, from)
    for (const bar of this.#bars.slice(from)) this.series.update(closeOf(bar))
    for (const indicator of this.#indicators) indicator.update(this.#bars, from)
    this.#colourLast()
  }

  setIndicators(specs: readonly IndicatorSpec[]): void {
    const kept = this.#indicators.filter(({ spec }) => specs.some(({ id }) => id === spec.id))
    for (const indicator of this.#indicators) if (!kept.includes(indicator)) indicator.remove()
    this.#indicators = specs.map((spec) => {
      const known = kept.find((each) => each.spec.id === spec.id)
      if (known) {
        if (known.spec !== spec) known.change(spec, this.#bars)
        return known
      }
      const added = new IndicatorView(this.chart, spec)
      added.setDecimals(this.#decimals)
      added.draw(this.#bars)
      return added
    })
    this.panes.setIndicators(this.#indicators)
  }

  /** Calls back with the places of the panes whenever they change. */
  watchPanes(listener: (boxes: readonly PaneBox[]) => void): () => void {
    return this.panes.watch(listener)
  }

  /** Returns what is drawn at a time; of the last candle for null. */
  shownAt(time: number | null): Shown | null {
    const index = time === null ? this.#bars.length - 1 : indexAt(this.#bars, time)
    const bar = this.#prices.drawnAt(index)
    if (!bar) return null
    return {
      bar,
      values: new Map(this.#indicators.map((each) => [each.spec.id, each.valuesAt(index)])),
    }
  }

  /** Returns the time of the last candle in sight; null if there is none. */
  lastVisibleTime(): number | null {
    const range = this.chart.timeScale().getVisibleLogicalRange()
    const index = Math.min(Math.floor(range?.to ?? 0), this.#bars.length - 1)
    return this.#bars[index]?.time ?? null
  }

  get bars(): readonly Bar[] {
    return this.#bars
  }

  get timeframe(): Timeframe {
    return this.#timeframe
  }

  /**
   * Returns the price at a height of the chart; null without a scale. Heights of the panes below
   * stand for the lowest price in sight.
   */
  priceAt(y: number): bigint | null {
    const bottom = this.panes.priceHeight()
    const price = this.series.coordinateToPrice(bottom > 0 ? Math.min(y, bottom - 1) : y)
    return price === null ? null : fromPixel(price)
  }

  heightOf(price: bigint): number | null {
    return this.series.priceToCoordinate(toPixel(price))
  }

  /** Returns the close of the last candle; null without candles. */
  lastClose(): bigint | null {
    return this.#candles.at(-1)?.close ?? null
  }

  /** Enables or disables scrolling; disabled while a line is dragged. */
  setMovable(isMovable: boolean): void {
    this.chart.applyOptions({ handleScroll: isMovable, handleScale: isMovable })
  }

  showNow(): void {
    this.chart.timeScale().scrollToRealTime()
    this.chart.priceScale('right').applyOptions({ autoScale: true })
  }

  /** Moves the candle at a time, or the last one before it, to the middle. */
  showTime(time: number): void {
    const index = Math.max(0, indexAt(this.#bars, time))
    const half = this.chart.timeScale().width() / this.chart.timeScale().options().barSpacing / 2
    this.chart.timeScale().setVisibleLogicalRange({
      from: (index - half) as Logical,
      to: (index + half) as Logical,
    })
    this.chart.priceScale('right').applyOptions({ autoScale: true })
    const bar = this.#bars[index]
    if (bar) {
      this.chart.setCrosshairPosition(bar.close, bar.time as UTCTimestamp, this.series)
    }
  }

  remove(): void {
    this.panes.remove()
    this.chart.remove()
  }

  #fit(): void {
    this.#isFitDue = false
    const width = this.chart.timeScale().width()
    const fitting = width / (this.#bars.length + RIGHT_OFFSET)
    const barSpacing = Math.max(FIT_SPACING.min, Math.min(fitting, FIT_SPACING.max))
    if (width > 0) this.chart.timeScale().applyOptions({ barSpacing })
  }

  /** Colours the label of the last price like the last candle. */
  #colourLast(): void {
    const last = this.#bars.at(-1)
    const { up, down } = this.#colours
    const color = last && last.close < last.open ? down : up
    if (this.series.options().color !== color) this.series.applyOptions({ color })
  }

  #listen({ onNeedOlder, onCrosshair, onBarSpacing, onAway }: ChartEvents): void {
    let wasAway = false
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range || this.#candles.length === 0) return
      if (range.from < OLDER_MARGIN) onNeedOlder()
      if (this.#timeframe !== '1d') onBarSpacing(this.chart.timeScale().options().barSpacing)
      const isAway = range.to < this.#candles.length - 1
      if (isAway !== wasAway) onAway(isAway)
      wasAway = isAway
    })
    this.chart.subscribeCrosshairMove(({ time }) => {
      onCrosshair(typeof time === 'number' ? time : null)
    })
  }
}

function closeOf({ time, close }: Bar) {
  return { time: time as UTCTimestamp, value: close }
}
