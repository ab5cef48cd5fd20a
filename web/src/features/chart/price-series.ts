/** The prices in the chosen type of chart. */

import {
  AreaSeries,
  BarSeries,
  CandlestickSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type SeriesType,
  type UTCTimestamp,
} from 'lightweight-charts'
import { type Bar, heikinAshi } from '@/features/chart/bars'
import type { ChartType } from '@/features/chart/chart-settings'
import type { ChartColours } from '@/features/chart/chart-theme'
import { priceFormat } from '@/features/chart/price-format'

export class PriceSeries {
  readonly #chart: IChartApi
  readonly #type: ChartType
  readonly #series: ISeriesApi<SeriesType>
  /** The bars as drawn, which differ from the market's only for Heikin-Ashi. */
  #drawn: Bar[] = []

  constructor(chart: IChartApi, type: ChartType, colours: ChartColours) {
    this.#chart = chart
    this.#type = type
    this.#series = newSeries(chart, type)
    // Below all lines.
    this.#series.setSeriesOrder(0)
    this.setColours(colours)
  }

  setColours({ up, down, accent, accentTint }: ChartColours): void {
    const options = {
      candles: { upColor: up, downColor: down, wickUpColor: up, wickDownColor: down },
      bars: { upColor: up, downColor: down },
      line: { color: accent },
      area: { lineColor: accent, topColor: accentTint, bottomColor: 'transparent' },
    }
    this.#series.applyOptions(options[this.#type === 'heikinAshi' ? 'candles' : this.#type])
  }

  setDecimals(decimals: number): void {
    this.#series.applyOptions({ priceFormat: priceFormat(decimals) })
  }

  draw(bars: readonly Bar[]): void {
    this.#drawn = []
    this.#follow(bars, 0)
    this.#series.setData(this.#drawn.map((bar) => this.#point(bar)))
  }

  /** Draws the bars from `from` anew. */
  update(bars: readonly Bar[], from: number): void {
    this.#follow(bars, from)
    for (const bar of this.#drawn.slice(from)) this.#series.update(this.#point(bar))
  }

  drawnAt(index: number): Bar | undefined {
    return this.#drawn[index]
  }

  remove(): void {
    this.#chart.removeSeries(this.#series)
  }

  #follow(bars: readonly Bar[], from: number): void {
    this.#drawn.length = from
    for (let index = from; index < bars.length; index += 1) {
      const bar = bars[index]
      if (!bar) return
      const isHeikinAshi = this.#type === 'heikinAshi'
      this.#drawn.push(isHeikinAshi ? heikinAshi(bar, this.#drawn[index - 1]) : bar)
    }
  }

  #point({ time, open, high, low, close }: Bar) {
    const at = time as UTCTimestamp
    if (this.#type === 'line' || this.#type === 'area') return { time: at, value: close }
    return { time: at, open, high, low, close }
  }
}

function newSeries(chart: IChartApi, type: ChartType): ISeriesApi<SeriesType> {
  // The last price is that of `ChartView.series`, which is the market's in every type.
  const common = { lastValueVisible: false, priceLineVisible: false }
  switch (type) {
    case 'candles':
    case 'heikinAshi':
      return chart.addSeries(CandlestickSeries, { ...common, borderVisible: false })
    case 'bars':
      return chart.addSeries(BarSeries, { ...common, thinBars: false })
    case 'line':
      return chart.addSeries(LineSeries, { ...common, lineWidth: 2 })
    case 'area':
      return chart.addSeries(AreaSeries, { ...common, lineWidth: 2 })
  }
}
