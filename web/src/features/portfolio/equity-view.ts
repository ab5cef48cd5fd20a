/** A wrapper of the chart library for the curve of an account. Created once, then updated. */

import {
  AreaSeries,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  LineType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { toPixel } from '@/decimal'
import { type CurvePoint, type Mark, quietSeconds } from '@/features/portfolio/curve'
import { DATE_LOCALE } from '@/features/portfolio/date-names'
import * as format from '@/format'
import { inNotation } from '@/notation'
import type { TimeZone } from '@/settings'
import { frameOptions } from '@/ui/chart-frame'

/** The number of equal parts of the time axis that are shown also where nothing changed. */
const PARTS = 500

/** The free width at the left of the curve, in pixels, and the part of it at the right. */
const MARK_ROOM = 40
const RIGHT_SHARE = 0.4

/** The share of the chart's height that the drawdown takes. */
const DRAWDOWN_SHARE = 0.28

export type EquityColours = Record<
  'background' | 'text' | 'grid' | 'line' | 'equity' | 'drawdown' | 'mark',
  string
>

export class EquityView {
  readonly #container: HTMLElement
  readonly #chart: IChartApi
  readonly #equity: ISeriesApi<'Area'>
  readonly #drawdown: ISeriesApi<'Area'>
  readonly #markers: ISeriesMarkersPluginApi<Time>
  #colours: EquityColours
  #marks: readonly Mark[] = []

  /** `onCrosshair` gets the time under the crosshair in Unix ms, or null without one. */
  constructor(
    container: HTMLElement,
    colours: EquityColours,
    onCrosshair: (time: number | null) => void,
  ) {
    this.#container = container
    this.#colours = colours
    this.#chart = createChart(container, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Magnet },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        minBarSpacing: 0.1,
      },
      // The page scrolls with the wheel; the chart is dragged and pinched.
      handleScroll: { mouseWheel: false, vertTouchDrag: false },
      handleScale: { mouseWheel: false },
      // The attribution that the licence requires is a link below the chart.
      layout: {
        attributionLogo: false,
        fontFamily: 'Inter Variable, system-ui, sans-serif',
        fontSize: 11,
      },
    })
    this.#equity = this.#chart.addSeries(AreaSeries, {
      lineWidth: 2,
      // What an account is worth is recorded when it changes.
      lineType: LineType.WithSteps,
      priceLineVisible: false,
      priceFormat: { type: 'custom', formatter: dollars, minMove: 0.01 },
    })
    this.#drawdown = this.#chart.addSeries(
      AreaSeries,
      {
        lineWidth: 1,
        lineType: LineType.WithSteps,
        priceLineVisible: false,
        invertFilledArea: true,
        priceFormat: { type: 'custom', formatter: percent, minMove: 0.01 },
      },
      1,
    )
    const [above, below] = this.#chart.panes()
    above?.setStretchFactor(1 - DRAWDOWN_SHARE)
    below?.setStretchFactor(DRAWDOWN_SHARE)
    this.#markers = createSeriesMarkers(this.#equity, [])
    this.#chart.subscribeCrosshairMove(({ time }) =>
      onCrosshair(time === undefined ? null : Number(time) * 1_000),
    )
    this.setColours(colours)
  }

  setCurve(points: readonly CurvePoint[], marks: readonly Mark[]): void {
    const at = (second: number) => second as UTCTimestamp
    const quiet = quietSeconds(points, PARTS).map((second) => ({ time: at(second) }))
    const series = (value: (point: CurvePoint) => number) =>
      [
        ...quiet,
        ...points.map((p) => ({ time: at(Math.floor(p.time / 1_000)), value: value(p) })),
      ].toSorted((a, b) => a.time - b.time)
    const data = series(({ equity }) => toPixel(equity))
    this.#equity.setData(data)
    this.#drawdown.setData(series(({ drawdown }) => -100 * toPixel(drawdown)))
    this.#marks = marks
    this.#drawMarks()
    // With room at the left, for the name of the first deposit.
    const room = (data.length * MARK_ROOM) / Math.max(this.#container.clientWidth, MARK_ROOM)
    const to = data.length - 1 + room * RIGHT_SHARE
    this.#chart.timeScale().setVisibleLogicalRange({ from: -room, to })
  }

  setColours(colours: EquityColours): void {
    this.#colours = colours
    const { grid, equity, drawdown } = colours
    const panes = { separatorColor: grid, separatorHoverColor: grid, enableResize: false }
    this.#chart.applyOptions(frameOptions(colours, panes))
    this.#equity.applyOptions({
      lineColor: equity,
      topColor: `${equity}40`,
      bottomColor: `${equity}05`,
      priceLineStyle: LineStyle.Dotted,
    })
    this.#drawdown.applyOptions({
      lineColor: drawdown,
      topColor: `${drawdown}30`,
      bottomColor: `${drawdown}30`,
    })
    this.#drawMarks()
  }

  setTimeZone(zone: TimeZone): void {
    this.#chart.applyOptions({
      localization: {
        locale: DATE_LOCALE,
        timeFormatter: (time: Time) => format.dateTime(Number(time) * 1_000, zone).slice(0, 16),
      },
    })
  }

  remove(): void {
    this.#chart.remove()
  }

  #drawMarks(): void {
    const { mark } = this.#colours
    this.#markers.setMarkers(
      this.#marks.map(({ at, kind, label }) => ({
        time: Math.floor(at / 1_000) as UTCTimestamp,
        position: 'aboveBar',
        shape: kind === 'reset' ? 'square' : kind === 'in' ? 'arrowUp' : 'arrowDown',
        color: mark,
        text: label,
      })),
    )
  }
}

function dollars(value: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 }
  return inNotation(value.toLocaleString('en-US', digits))
}

function percent(value: number): string {
  return `${inNotation(value.toFixed(2))}%`
}
