/** Paints the drawings of a market over the candles. */

import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import {
  type Hit,
  hitAt,
  indexOfTime,
  type Place,
  type Shape,
  shapeOf,
  type Spot,
} from '@/features/chart/drawing-geometry'
import type { Drawing } from '@/features/chart/drawings'
import { TIMEFRAME_S } from '@/live/frames'

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0]
type Painter = CanvasRenderingContext2D
type Painted = { drawing: Drawing; shape: Shape }

/** Where is what has no place, since there are no candles yet: out of sight. */
const FAR = -1e5
const HANDLE_RADIUS = 5
const FONT = "'Inter Variable', system-ui, sans-serif"

export class DrawingLayer implements ISeriesPrimitive<Time> {
  readonly #view: ChartView
  #colours: ChartColours
  #drawings: readonly Drawing[] = []
  #selected: string | null = null
  #painted: readonly Painted[] = []
  #requestUpdate: () => void = () => undefined
  readonly #paneView: IPrimitivePaneView = {
    zOrder: () => 'normal',
    renderer: () => ({ draw: (target) => this.#draw(target) }),
  }

  constructor(view: ChartView, colours: ChartColours) {
    this.#view = view
    this.#colours = colours
  }

  attached({ requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#requestUpdate = requestUpdate
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.#paneView]
  }

  updateAllViews(): void {
    const place = this.place()
    this.#painted = this.#drawings.map((drawing) => ({ drawing, shape: shapeOf(drawing, place) }))
  }

  set(drawings: readonly Drawing[], selected: string | null): void {
    this.#drawings = drawings
    this.#selected = selected
    this.updateAllViews()
    this.#requestUpdate()
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    this.#requestUpdate()
  }

  hitAt(at: Spot, reach: number): Hit | null {
    const shapes = this.#painted.map(({ drawing, shape }) => ({ id: drawing.id, shape }))
    return hitAt(shapes, this.#selected, at, reach)
  }

  /** How times and prices are placed at this moment. */
  place(): Place {
    const { bars, timeframe, chart, series, panes } = this.#view
    const scale = chart.timeScale()
    const step = TIMEFRAME_S[timeframe]
    const { barSpacing } = scale.options()
    // The library places only whole indices.
    const origin = scale.logicalToCoordinate(0 as Logical) ?? FAR
    return {
      x: (time) => origin + indexOfTime(bars, step, time) * barSpacing,
      y: (price) => series.priceToCoordinate(price) ?? FAR,
      width: scale.width(),
      height: panes.priceHeight(),
      formatPrice: (price) => series.priceFormatter().format(price),
    }
  }

  #draw(target: Target): void {
    target.useMediaCoordinateSpace(({ context }) => {
      for (const each of this.#painted) this.#paint(context, each)
    })
  }

  #paint(context: Painter, { drawing, shape }: Painted): void {
    const isSelected = drawing.id === this.#selected
    const colour = drawing.colour ?? this.#colours.accent
    context.save()
    context.strokeStyle = colour
    context.fillStyle = colour
    context.lineWidth = isSelected ? 2 : 1.5
    if (shape.area) {
      const [a, b] = shape.area
      context.globalAlpha = 0.14
      context.fillRect(a.x, a.y, b.x - a.x, b.y - a.y)
      context.globalAlpha = 1
    }
    for (const [index, [a, b]] of shape.lines.entries()) {
      // The line between the two points of a retracement is only a help.
      context.setLineDash(drawing.tool === 'fibonacci' && index === 0 ? [4, 4] : [])
      context.beginPath()
      context.moveTo(a.x, a.y)
      context.lineTo(b.x, b.y)
      context.stroke()
    }
    this.#write(context, shape)
    if (isSelected) this.#paintHandles(context, shape, colour)
    context.restore()
  }

  #write(context: Painter, { labels }: Shape): void {
    for (const { x, y, text, align, isLarge } of labels) {
      context.font = isLarge ? `500 13px ${FONT}` : `11px ${FONT}`
      context.textAlign = align
      context.textBaseline = isLarge ? 'middle' : 'bottom'
      context.fillText(text, x, y)
    }
  }

  #paintHandles(context: Painter, { handles }: Shape, colour: string): void {
    context.setLineDash([])
    context.lineWidth = 2
    context.fillStyle = this.#colours.background
    context.strokeStyle = colour
    for (const { x, y } of handles) {
      context.beginPath()
      context.arc(x, y, HANDLE_RADIUS, 0, 2 * Math.PI)
      context.fill()
      context.stroke()
    }
  }
}
