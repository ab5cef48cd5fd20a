/** One indicator on the chart: its series, and its values bar by bar. */

import {
  HistogramSeries,
  type IChartApi,
  type IPaneApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type SeriesType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import type { Bar } from '@/features/chart/bars'
import { type IndicatorSpec, KINDS } from '@/features/chart/indicator-specs'
import { calculate, type Memo, type Value } from '@/features/chart/indicators'
import { priceFormat, volumeFormat } from '@/features/chart/price-format'

/** The opacity of histograms: half. */
const FAINT = '80'

/** The levels between which RSI is usual. */
const RSI_LEVELS = [30, 70] as const

export class IndicatorView {
  readonly #chart: IChartApi
  readonly #series: ISeriesApi<SeriesType>[]
  #spec: IndicatorSpec
  #memos: Memo[] = []

  constructor(chart: IChartApi, spec: IndicatorSpec) {
    this.#chart = chart
    this.#spec = spec
    // A pane beyond the last one is created.
    const pane = KINDS[spec.kind].hasPane ? chart.panes().length : 0
    this.#series = newSeries(chart, spec, pane)
    // Place for the legend, and no place below volumes.
    const bottom = spec.kind === 'volume' ? 0 : 0.1
    if (pane > 0) this.#series[0]?.priceScale().applyOptions({ scaleMargins: { top: 0.2, bottom } })
  }

  get spec(): IndicatorSpec {
    return this.#spec
  }

  /** Its own pane; null if it is drawn over the candles. */
  pane(): IPaneApi<Time> | null {
    return KINDS[this.#spec.kind].hasPane ? (this.#series[0]?.getPane() ?? null) : null
  }

  /** Draws with other settings. */
  change(spec: IndicatorSpec, bars: readonly Bar[]): void {
    const isSame = spec.params === this.#spec.params && spec.source === this.#spec.source
    const isAnchored = spec.anchor === this.#spec.anchor
    this.#spec = spec
    for (const [index, series] of this.#series.entries()) {
      series.applyOptions({ color: this.#colour(index), visible: !spec.isHidden })
    }
    // Histograms have their colours in the data.
    if (!isSame || !isAnchored || spec.kind === 'volume' || spec.kind === 'macd') this.draw(bars)
  }

  /** Formats values like the prices of the market. */
  setDecimals(decimals: number): void {
    const isPrice = this.#spec.kind !== 'volume' && this.#spec.kind !== 'rsi'
    if (!isPrice) return
    for (const series of this.#series) {
      series.applyOptions({ priceFormat: priceFormat(decimals) })
    }
  }

  draw(bars: readonly Bar[]): void {
    this.#memos = calculate(this.#spec, bars)
    for (const [index, series] of this.#series.entries()) {
      series.setData(bars.flatMap((bar, at) => this.#point(index, bar, at) ?? []))
    }
  }

  /** Draws the bars from `from` anew. */
  update(bars: readonly Bar[], from: number): void {
    this.#memos = calculate(this.#spec, bars, this.#memos, from)
    for (const [index, series] of this.#series.entries()) {
      for (let at = from; at < bars.length; at += 1) {
        const bar = bars[at]
        const point = bar && this.#point(index, bar, at)
        if (point) series.update(point)
      }
    }
  }

  valuesAt(index: number): readonly Value[] {
    return this.#memos[index]?.values ?? []
  }

  remove(): void {
    for (const series of this.#series) this.#chart.removeSeries(series)
  }

  #point(line: number, bar: Bar, at: number) {
    const value = this.#memos[at]?.values[this.#valueIndex(line)] ?? null
    if (value === null) return null
    const time = bar.time as UTCTimestamp
    const [first = '', second = ''] = this.#spec.colours
    if (this.#spec.kind === 'volume') {
      return { time, value, color: (bar.close >= bar.open ? first : second) + FAINT }
    }
    return { time, value }
  }

  /** The histogram of MACD is drawn first, so that the lines are over it. */
  #valueIndex(line: number): number {
    return this.#spec.kind === 'macd' ? (line + 2) % 3 : line
  }

  #colour(line: number): string {
    const colour = this.#spec.colours[this.#valueIndex(line)] ?? ''
    return this.#spec.kind === 'macd' && line === 0 ? colour + FAINT : colour
  }
}

function newSeries(chart: IChartApi, spec: IndicatorSpec, pane: number): ISeriesApi<SeriesType>[] {
  const { kind, colours, isHidden } = spec
  const common = { lastValueVisible: false, priceLineVisible: false, visible: !isHidden }
  const line = (color = '', more = {}) =>
    chart.addSeries(
      LineSeries,
      { ...common, color, lineWidth: 1, crosshairMarkerVisible: false, ...more },
      pane,
    )
  switch (kind) {
    case 'volume':
      return [chart.addSeries(HistogramSeries, { ...common, priceFormat: volumeFormat() }, pane)]
    case 'macd': {
      const color = colours[2] + FAINT
      return [
        chart.addSeries(HistogramSeries, { ...common, color }, pane),
        line(colours[0]),
        line(colours[1]),
      ]
    }
    case 'rsi': {
      const series = line(colours[0], {
        autoscaleInfoProvider: withLevels,
        priceFormat: priceFormat(2),
      })
      for (const price of RSI_LEVELS) {
        series.createPriceLine({
          price,
          color: '#8a94a680',
          lineStyle: LineStyle.Dashed,
          lineWidth: 1,
          axisLabelVisible: false,
          title: '',
        })
      }
      return [series]
    }
    case 'vwap':
      // VWAP may be far from the current prices, to which the scale should fit.
      return [line(colours[0], { autoscaleInfoProvider: () => null })]
    case 'bollinger':
      return [line(colours[0]), line(colours[1]), line(colours[2])]
    default:
      return [line(colours[0])]
  }
}

type Scale = { priceRange: { minValue: number; maxValue: number } | null } | null

/** Keeps the usual levels of RSI in sight. */
function withLevels(original: () => Scale): Scale {
  const range = original()?.priceRange
  const [low, high] = RSI_LEVELS
  return {
    priceRange: {
      minValue: Math.min(range?.minValue ?? low, low - 5),
      maxValue: Math.max(range?.maxValue ?? high, high + 5),
    },
  }
}
