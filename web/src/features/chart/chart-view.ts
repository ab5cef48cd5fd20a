/** A wrapper of the chart library. Created once, updated by calls, destroyed by `remove`. */

import {
  CandlestickSeries,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  PriceScaleMode,
  type TickMarkType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { fromPixel, toPixel } from '@/decimal'
import type { Indicator } from '@/features/chart/chart-settings'
import { type ChartColours, INDICATOR_COLOURS } from '@/features/chart/chart-theme'
import { crosshairTime, tickMark } from '@/features/chart/chart-times'
import { indicatorPoints } from '@/features/chart/indicators'
import type { Candle } from '@/live/frames'
import { type AssetInfo } from '@/markets'
import type { TimeZone } from '@/settings'

/** The number of candles left of the screen below which older ones are requested. */
const OLDER_MARGIN = 60
const VOLUME_SHARE = 0.18

export type ChartEvents = {
  onNeedOlder: () => void
  /** The time of the candle under the crosshair. */
  onCrosshair: (time: number | null) => void
  onBarSpacing: (pixels: number) => void
  /** Called when the last candle leaves or enters the screen. */
  onAway: (isAway: boolean) => void
}

export class ChartView {
  readonly chart: IChartApi
  readonly series: ISeriesApi<'Candlestick'>
  readonly #volume: ISeriesApi<'Histogram'>
  readonly #lines = new Map<Indicator, ISeriesApi<'Line'>>()
  #colours: ChartColours
  #candles: readonly Candle[] = []

  constructor(
    container: HTMLElement,
    colours: ChartColours,
    barSpacing: number,
    events: ChartEvents,
  ) {
    this.#colours = colours
    this.chart = createChart(container, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: false, barSpacing, rightOffset: 6 },
      // Labels stay at the heights of their prices; `chart-labels.ts` prevents overlaps.
      rightPriceScale: {
        alignLabels: false,
        scaleMargins: { top: 0.12, bottom: VOLUME_SHARE + 0.04 },
      },
      // The attribution that the licence requires is a link below the chart.
      layout: {
        attributionLogo: false,
        fontFamily: 'Inter Variable, system-ui, sans-serif',
        fontSize: 11,
      },
    })
    this.series = this.chart.addSeries(CandlestickSeries, { borderVisible: false })
    this.#volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: '',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    })
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME_SHARE, bottom: 0 } })
    this.setColours(colours)
    this.#listen(events)
  }

  setAsset(info: AssetInfo): void {
    const minMove = 1 / 10 ** info.priceDecimals
    this.series.applyOptions({
      priceFormat: { type: 'price', precision: info.priceDecimals, minMove },
    })
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    const { background, text, grid, line, up, down } = colours
    this.chart.applyOptions({
      layout: { background: { color: background }, textColor: text },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      crosshair: {
        vertLine: { color: line, labelBackgroundColor: line },
        horzLine: { color: line, labelBackgroundColor: line },
      },
      rightPriceScale: { borderColor: grid },
      timeScale: { borderColor: grid },
    })
    this.series.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
      priceLineStyle: LineStyle.Dotted,
    })
    this.setCandles(this.#candles)
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

  /** Replaces all candles; keeps the visible range. */
  setCandles(candles: readonly Candle[]): void {
    this.#candles = candles
    this.series.setData(candles.map(bar))
    this.#volume.setData(candles.map((candle) => this.#volumeBar(candle)))
    for (const indicator of this.#lines.keys()) this.#draw(indicator)
  }

  /** Updates the end of the series. `changed` are the last of `candles`. */
  updateEnd(candles: readonly Candle[], changed: readonly Candle[]): void {
    this.#candles = candles
    for (const candle of changed) {
      this.series.update(bar(candle))
      this.#volume.update(this.#volumeBar(candle))
    }
    for (const [indicator, line] of this.#lines) {
      // Only as many candles as the longest average needs, since this runs every frame.
      const tail = indicator === 'vwap' ? candles : candles.slice(-120)
      const points = indicatorPoints(indicator, tail).slice(-changed.length)
      for (const { time, value } of points) line.update({ time: time as UTCTimestamp, value })
    }
  }

  setIndicators(indicators: readonly Indicator[]): void {
    for (const [indicator, line] of this.#lines) {
      if (indicators.includes(indicator)) continue
      this.chart.removeSeries(line)
      this.#lines.delete(indicator)
    }
    for (const indicator of indicators) {
      if (this.#lines.has(indicator)) continue
      const line = this.chart.addSeries(LineSeries, {
        color: INDICATOR_COLOURS[indicator],
        lineWidth: 1,
        lastValueVisible: false,
        priceLineVisible: false,
        crosshairMarkerVisible: false,
        // VWAP may be far from the current prices, to which the scale should fit.
        ...(indicator === 'vwap' ? { autoscaleInfoProvider: () => null } : {}),
      })
      this.#lines.set(indicator, line)
      this.#draw(indicator)
    }
  }

  /** Returns the price at a height of the chart; null outside the scale. */
  priceAt(y: number): bigint | null {
    const price = this.series.coordinateToPrice(y)
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

  remove(): void {
    this.chart.remove()
  }

  #draw(indicator: Indicator): void {
    const points = indicatorPoints(indicator, this.#candles)
    this.#lines
      .get(indicator)
      ?.setData(points.map(({ time, value }) => ({ time: time as UTCTimestamp, value })))
  }

  #volumeBar({ time, open, close, volume }: Candle) {
    const color = close >= open ? this.#colours.upVolume : this.#colours.downVolume
    return { time: time as UTCTimestamp, value: toPixel(volume), color }
  }

  #listen({ onNeedOlder, onCrosshair, onBarSpacing, onAway }: ChartEvents): void {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (!range || this.#candles.length === 0) return
      if (range.from < OLDER_MARGIN) onNeedOlder()
      onBarSpacing(this.chart.timeScale().options().barSpacing)
      onAway(range.to < this.#candles.length - 1)
    })
    this.chart.subscribeCrosshairMove(({ time }) => {
      onCrosshair(typeof time === 'number' ? time : null)
    })
  }
}

function bar({ time, open, high, low, close }: Candle) {
  return {
    time: time as UTCTimestamp,
    open: toPixel(open),
    high: toPixel(high),
    low: toPixel(low),
    close: toPixel(close),
  }
}
