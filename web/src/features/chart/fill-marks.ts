/** The account's fills as marks on the candles. */

import type { UTCTimestamp } from 'lightweight-charts'
import type { Fill, OrderSide } from '@/api/schema'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import { PaneLayer } from '@/features/chart/line-paint'
import type { Candle } from '@/live/frames'

/** The fills of a side on one candle, newest first. */
export type FillMark = { index: number; side: OrderSide; fills: readonly Fill[] }

/** A mark as drawn, in pixels. */
type Spot = { x: number; y: number; mark: FillMark }

/** The distance of a mark from its candle, and within which it is pointed at, in pixels. */
const GAP = 5
const REACH = 12
/** Half the width of a mark. */
const SIZE = 5

/** Groups fills by the candle in which they were made, and by side. Pure. */
export function marksOf(
  fills: readonly Pick<Fill, 'executedAt' | 'side'>[],
  candles: readonly Pick<Candle, 'time'>[],
): FillMark[] {
  const marks = new Map<string, { index: number; side: OrderSide; fills: Fill[] }>()
  for (const fill of fills as readonly Fill[]) {
    const index = candleAt(candles, fill.executedAt / 1_000)
    if (index < 0) continue
    const key = `${index} ${fill.side}`
    const mark = marks.get(key)
    if (mark) mark.fills.push(fill)
    else marks.set(key, { index, side: fill.side, fills: [fill] })
  }
  return [...marks.values()]
}

/** Returns the index of the candle at a time, in s; -1 before the first one. */
function candleAt(candles: readonly Pick<Candle, 'time'>[], at: number): number {
  let [low, high] = [0, candles.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((candles[middle]?.time ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

export class FillMarks {
  readonly #view: ChartView
  readonly #pane: PaneLayer
  #colours: ChartColours
  #fills: readonly Fill[] = []
  #candles: readonly Candle[] = []
  #marks: readonly FillMark[] = []
  #spots: Spot[] = []

  constructor(view: ChartView, colours: ChartColours) {
    this.#view = view
    this.#colours = colours
    this.#pane = new PaneLayer((context, width) => this.#draw(context, width))
    view.chart.panes()[0]?.attachPrimitive(this.#pane)
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
  }

  setFills(fills: readonly Fill[]): void {
    this.#fills = fills
    this.#group()
  }

  /** Takes the candles; only a new candle changes what is on which. */
  setCandles(candles: readonly Candle[]): void {
    const known = this.#candles
    this.#candles = candles
    if (known.length !== candles.length || known[0]?.time !== candles[0]?.time) this.#group()
  }

  /** Returns the mark at a place, with its own place; null if there is none. */
  at(x: number, y: number): Spot | null {
    const isNear = (spot: Spot) => Math.abs(spot.x - x) <= REACH && Math.abs(spot.y - y) <= REACH
    return this.#spots.find(isNear) ?? null
  }

  #group(): void {
    this.#marks = marksOf(this.#fills, this.#candles)
    this.#pane.update()
  }

  #draw(context: CanvasRenderingContext2D, width: number): void {
    const scale = this.#view.chart.timeScale()
    this.#spots = this.#marks.flatMap((mark) => {
      const candle = this.#candles[mark.index]
      const x = candle ? scale.timeToCoordinate(candle.time as UTCTimestamp) : null
      if (x === null || x < 0 || x > width || !candle) return []
      const isBuy = mark.side === 'BUY'
      const edge = this.#view.heightOf(isBuy ? candle.low : candle.high)
      return edge === null ? [] : [{ x, y: isBuy ? edge + GAP + SIZE : edge - GAP - SIZE, mark }]
    })
    for (const spot of this.#spots) this.#drawMark(context, spot)
  }

  /** A triangle that points to the candle, with the number of fills if it is not one. */
  #drawMark(context: CanvasRenderingContext2D, { x, y, mark: { side, fills } }: Spot): void {
    const tip = side === 'BUY' ? -SIZE : SIZE
    context.beginPath()
    context.moveTo(x, y + tip)
    context.lineTo(x - SIZE, y - tip)
    context.lineTo(x + SIZE, y - tip)
    context.closePath()
    context.lineWidth = 2
    context.strokeStyle = this.#colours.panel
    context.stroke()
    context.fillStyle = side === 'BUY' ? this.#colours.up : this.#colours.down
    context.fill()
    if (fills.length === 1) return
    context.font = '600 10px Inter Variable, system-ui, sans-serif'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillStyle = this.#colours.ink
    context.fillText(String(fills.length), x, side === 'BUY' ? y + SIZE + 8 : y - SIZE - 8)
  }
}
