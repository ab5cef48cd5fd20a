/** Drawing, moving and deleting with mouse, finger and keyboard. */

import { t } from '@lingui/core/macro'
import type { ChartView } from '@/features/chart/chart-view'
import { chartSettings } from '@/features/chart/chart-settings'
import {
  magnetPrice,
  placedInMiddle,
  type Spot,
  timeOfIndex,
} from '@/features/chart/drawing-geometry'
import type { DrawingLayer } from '@/features/chart/drawing-layer'
import {
  addDrawing,
  changeDrawing,
  changeWork,
  type Drawing,
  drawingsOf,
  type DrawingPoint,
  POINT_COUNTS,
  type Tool,
  work,
} from '@/features/chart/drawings'
import { TIMEFRAME_S } from '@/live/frames'
import type { Asset } from '@/markets'

const REACH_MOUSE = 7
const REACH_TOUCH = 18
/** The distance within which a point snaps to a candle's price. */
const MAGNET_REACH = 40
/** The distance (px) beyond which a press is a drag and not a click. */
const DRAG_MIN = 6

export type DrawingInputOptions = {
  /** The chart's element. */
  element: HTMLElement
  view: ChartView
  layer: DrawingLayer
  asset: Asset
  /** Reports whether a line of an order is at a height, which is then dragged and no drawing. */
  isTaken: (y: number, isTouch: boolean) => boolean
}

/** A drawing that is being made; its last point follows the pointer. */
type Draft = { tool: Tool; points: DrawingPoint[]; pressed: Spot | null }

/** A drawing that is being moved, as a whole (`handle` is null) or by one point. */
type Drag = { drawing: Drawing; handle: number | null; from: DrawingPoint; points: DrawingPoint[] }

const DRAFT_ID = 'draft'

export class DrawingInput {
  readonly #options: DrawingInputOptions
  readonly #around: HTMLElement
  readonly #end = new AbortController()
  #draft: Draft | null = null
  #drag: Drag | null = null

  constructor(options: DrawingInputOptions) {
    this.#options = options
    // Around the chart's element, to hear before those that move lines and the chart itself.
    this.#around = options.element.parentElement ?? options.element
    const capture = { capture: true, signal: this.#end.signal }
    this.#around.addEventListener('pointerdown', (event) => this.#down(event), capture)
    this.#around.addEventListener('pointermove', (event) => this.#move(event), capture)
    this.#around.addEventListener('pointerup', (event) => this.#up(event), capture)
    this.#around.addEventListener('pointercancel', () => this.#cancel(), capture)
    this.#around.addEventListener('dblclick', (event) => this.#open(event), capture)
    // Otherwise the browser may take the finger to scroll the page.
    const active = { ...capture, passive: false }
    this.#around.addEventListener(
      'touchmove',
      (event) => {
        if (this.#draft?.pressed || this.#drag) event.preventDefault()
      },
      active,
    )
    const follow = () => {
      this.#setTool(work.get().tool)
      this.#show()
    }
    const leaveWork = work.subscribe(follow)
    const leaveDrawings = drawingsOf(options.asset).subscribe(follow)
    this.#end.signal.addEventListener('abort', () => {
      leaveWork()
      leaveDrawings()
    })
    follow()
  }

  /** Takes a tool in hand, or lays it down. */
  #setTool(tool: Tool | null): void {
    if ((this.#draft?.tool ?? null) === tool) return
    this.#draft = tool && { tool, points: [], pressed: null }
    this.#options.view.setMovable(tool === null)
    this.#around.style.cursor = tool ? 'crosshair' : ''
    this.#around.style.touchAction = tool ? 'none' : ''
  }

  /** Places a drawing in the middle of the chart, for those who have no pointer. */
  placeInMiddle(): void {
    if (!this.#draft) return
    const { view, layer } = this.#options
    const { x, width, height } = layer.place()
    const times = [this.#pointAt({ x: 0, y: 0 })?.time, this.#pointAt({ x: width, y: 0 })?.time]
    const prices = [view.series.coordinateToPrice(height), view.series.coordinateToPrice(0)]
    const [from, to] = times
    const [low, high] = prices
    if (from === undefined || to === undefined || low == null || high == null) return
    const points = placedInMiddle(this.#draft.tool, [from, to], [low, high])
    // The middle may be between two candles.
    const onCandle = (time: number) => this.#pointAt({ x: x(time), y: 0 })?.time ?? time
    this.#finish(
      this.#draft.tool,
      points.map(({ time, price }) => ({ time: onCandle(time), price })),
    )
  }

  /** Moves the selected drawing by a number of candles and of hundredths of the height. */
  nudge(candles: number, steps: number): void {
    const { view, layer, asset } = this.#options
    const found = this.#drawings().find(({ id }) => id === work.get().selected)
    if (!found) return
    const { x, y, height } = layer.place()
    const by = candles * view.chart.timeScale().options().barSpacing
    const points = found.points.map((point) => {
      const at = { x: x(point.time) + by, y: y(point.price) - (steps * height) / 100 }
      const moved = this.#pointAt(at)
      return {
        time: candles === 0 ? point.time : (moved?.time ?? point.time),
        price: steps === 0 ? point.price : (moved?.price ?? point.price),
      }
    })
    changeDrawing(asset, found.id, { points })
  }

  /** Shows the drawings, with what is being made or moved. */
  #show(): void {
    const { layer } = this.#options
    const drag = this.#drag
    const list = this.#drawings().map((each) =>
      each.id === drag?.drawing.id ? { ...each, points: drag.points } : each,
    )
    const { tool, points = [] } = this.#draft ?? {}
    const isWhole = tool && points.length === POINT_COUNTS[tool]
    const draft = isWhole
      ? [
          {
            id: DRAFT_ID,
            tool,
            points,
            colour: null,
            text: t({ message: 'Text', context: 'drawing' }),
          },
        ]
      : []
    layer.set([...list, ...draft], draft.length > 0 ? DRAFT_ID : work.get().selected)
  }

  stop(): void {
    this.#end.abort()
    this.#around.style.cursor = ''
    this.#around.style.touchAction = ''
    this.#options.view.setMovable(true)
  }

  #drawings(): readonly Drawing[] {
    return drawingsOf(this.#options.asset).get()
  }

  #spotOf(event: MouseEvent): Spot {
    const { left, top } = this.#options.element.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  /** Reports whether an event is over the candles: not over a button, an axis or another pane. */
  #isInside(event: MouseEvent): boolean {
    const { width, height } = this.#options.layer.place()
    const { x, y } = this.#spotOf(event)
    const isChart = event.target instanceof Node && this.#options.element.contains(event.target)
    return isChart && x >= 0 && x <= width && y >= 0 && y <= height
  }

  /** Returns the candle's time and the price at a spot, snapped by the magnet if it is on. */
  #pointAt({ x, y }: Spot, isSnapped = false): DrawingPoint | null {
    const { view, layer } = this.#options
    const { bars, timeframe, series, chart } = view
    const index = chart.timeScale().coordinateToLogical(x)
    const price = series.coordinateToPrice(y)
    if (index === null || price === null) return null
    const time = timeOfIndex(bars, TIMEFRAME_S[timeframe], index)
    const bar = bars[index]
    if (!isSnapped || !chartSettings.get().hasMagnet || !bar) return { time, price }
    return { time, price: magnetPrice(bar, price, layer.place().y, MAGNET_REACH) }
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || !this.#isInside(event)) return
    const at = this.#spotOf(event)
    if (this.#draft) {
      this.#begin(this.#draft, at)
      return this.#take(event)
    }
    const isTouch = event.pointerType === 'touch'
    if (this.#options.isTaken(at.y, isTouch)) return
    const hit = this.#options.layer.hitAt(at, isTouch ? REACH_TOUCH : REACH_MOUSE)
    const drawing = this.#drawings().find(({ id }) => id === hit?.id)
    const from = this.#pointAt(at)
    changeWork({ selected: drawing?.id ?? null })
    if (!hit || !drawing || !from) return
    this.#drag = { drawing, handle: hit.handle, from, points: [...drawing.points] }
    this.#options.view.setMovable(false)
    this.#take(event)
  }

  /** Keeps an event from the chart, and hears its pointer until it is released. */
  #take(event: PointerEvent): void {
    this.#options.element.setPointerCapture(event.pointerId)
    event.stopPropagation()
    event.preventDefault()
  }

  #begin(draft: Draft, at: Spot): void {
    const point = this.#pointAt(at, true)
    if (!point) return
    draft.pressed = at
    // The first point, and another that follows the pointer; the second press only places that one.
    if (draft.points.length === 0) {
      draft.points = Array.from({ length: POINT_COUNTS[draft.tool] }, () => point)
    } else draft.points = [...draft.points.slice(0, -1), point]
    this.#show()
  }

  #move(event: PointerEvent): void {
    const at = this.#spotOf(event)
    if (this.#drag) {
      event.stopPropagation()
      this.#drag.points = this.#moved(this.#drag, at)
      return this.#show()
    }
    const draft = this.#draft
    if (draft) {
      event.stopPropagation()
      const point = this.#pointAt(at, true)
      if (!point || draft.points.length === 0) return
      draft.points = [...draft.points.slice(0, -1), point]
      return this.#show()
    }
    const isTouch = event.pointerType === 'touch'
    const isOver =
      this.#isInside(event) &&
      !this.#options.isTaken(at.y, isTouch) &&
      this.#options.layer.hitAt(at, REACH_MOUSE) !== null
    this.#around.style.cursor = isOver ? 'pointer' : ''
  }

  #moved({ drawing, handle, from }: Drag, at: Spot): DrawingPoint[] {
    const points = [...drawing.points]
    const to = this.#pointAt(at, handle !== null)
    if (!to) return points
    if (handle !== null) return points.with(handle, to)
    // By pixels, since bars may be missing, and the scale may be logarithmic.
    const { x, y } = this.#options.layer.place()
    const [dx, dy] = [x(to.time) - x(from.time), y(to.price) - y(from.price)]
    return points.map((point) => {
      const moved = this.#pointAt({ x: x(point.time) + dx, y: y(point.price) + dy }) ?? point
      return {
        time: dx === 0 ? point.time : moved.time,
        price: dy === 0 ? point.price : moved.price,
      }
    })
  }

  #up(event: PointerEvent): void {
    const at = this.#spotOf(event)
    if (this.#drag) {
      const { drawing, points } = this.#drag
      this.#drag = null
      this.#options.view.setMovable(true)
      event.stopPropagation()
      if (points.some((point, index) => point !== drawing.points[index])) {
        changeDrawing(this.#options.asset, drawing.id, { points })
      }
      return this.#show()
    }
    const draft = this.#draft
    if (!draft?.pressed) return
    event.stopPropagation()
    const isDragged = Math.hypot(at.x - draft.pressed.x, at.y - draft.pressed.y) >= DRAG_MIN
    const [first, last] = [draft.points[0], draft.points.at(-1)]
    draft.pressed = null
    const isApart = first?.time !== last?.time || first?.price !== last?.price
    const needsSecond = POINT_COUNTS[draft.tool] === 2 && !isDragged && !isApart
    if (!needsSecond) this.#finish(draft.tool, draft.points)
  }

  #finish(tool: Tool, points: readonly DrawingPoint[]): void {
    const { id } = addDrawing(this.#options.asset, {
      tool,
      points,
      colour: null,
      text: tool === 'text' ? t({ message: 'Text', context: 'drawing' }) : '',
    })
    changeWork({ tool: null, selected: id, edited: tool === 'text' ? id : null })
  }

  #cancel(): void {
    if (this.#drag) this.#options.view.setMovable(true)
    this.#drag = null
    if (this.#draft) this.#draft.pressed = null
    this.#show()
  }

  #open(event: MouseEvent): void {
    if (this.#draft || !this.#isInside(event)) return
    const hit = this.#options.layer.hitAt(this.#spotOf(event), REACH_MOUSE)
    if (!hit) return
    event.stopPropagation()
    changeWork({ selected: hit.id, edited: hit.id })
  }
}
