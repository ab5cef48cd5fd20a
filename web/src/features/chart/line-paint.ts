/** Lines and marks on the canvas of the price pane. */

import type { IPanePrimitive, IPrimitivePaneRenderer, Time } from 'lightweight-charts'

/** A horizontal line, in pixels of the page. */
export type Stroke = {
  y: number
  colour: string
  /** The lengths of dashes and gaps; empty for a solid line. */
  dash: readonly number[]
  isFaint: boolean
  isBold: boolean
  /** The height of the label that was moved away from the line; null if it is at the line. */
  labelY: number | null
}

/** The distance of the link between a line and its label from the edge of the pane. */
const LINK_X = 16
const FAINT = 0.4

type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void

/**
 * Draws on the pane with its candles. `draw` runs in each of the chart's own frames, when the scale
 * is known. It belongs to the pane and not to a series, so that it outlives a change of the series.
 */
export class PaneLayer implements IPanePrimitive<Time> {
  readonly #views
  #requestUpdate: (() => void) | null = null

  constructor(draw: Draw) {
    const renderer: IPrimitivePaneRenderer = {
      draw(target) {
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
          context.save()
          draw(context, mediaSize.width, mediaSize.height)
          context.restore()
        })
      },
    }
    this.#views = [{ renderer: () => renderer, zOrder: () => 'normal' as const }]
  }

  paneViews() {
    return this.#views
  }

  attached({ requestUpdate }: { requestUpdate: () => void }): void {
    this.#requestUpdate = requestUpdate
  }

  detached(): void {
    this.#requestUpdate = null
  }

  /** Draws again with the next frame. */
  update(): void {
    this.#requestUpdate?.()
  }
}

/** Draws lines from edge to edge, those of a look in one stroke. */
export function drawLines(
  context: CanvasRenderingContext2D,
  strokes: readonly Stroke[],
  width: number,
): void {
  const looks = new Map<string, Stroke[]>()
  for (const stroke of strokes) {
    const { colour, dash, isFaint, isBold } = stroke
    const look = `${colour} ${dash.join()} ${isFaint} ${isBold}`
    const same = looks.get(look)
    if (same) same.push(stroke)
    else looks.set(look, [stroke])
  }
  for (const same of looks.values()) {
    const [first] = same
    if (!first) continue
    context.strokeStyle = first.colour
    context.globalAlpha = first.isFaint ? FAINT : 1
    context.lineWidth = first.isBold ? 2 : 1
    context.setLineDash([...first.dash])
    context.beginPath()
    for (const { y } of same) {
      const sharp = first.isBold ? Math.round(y) : Math.round(y) + 0.5
      context.moveTo(0, sharp)
      context.lineTo(width, sharp)
    }
    context.stroke()
    context.setLineDash([])
    context.beginPath()
    for (const { y, labelY } of same) {
      if (labelY === null) continue
      context.moveTo(width - LINK_X + 0.5, y)
      context.lineTo(width - LINK_X + 0.5, labelY)
    }
    context.stroke()
  }
}
