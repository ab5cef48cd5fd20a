/** Moving of lines by mouse, by touch and by keyboard, at the line or at its label. */

import { toStep } from '@/decimal'
import type { ChartLines } from '@/features/chart/chart-lines'
import type { ChartView } from '@/features/chart/chart-view'
import {
  isMovable,
  type Line,
  lineOfMove,
  type LineMove,
  movedTo,
  priceBefore,
} from '@/features/chart/line-items'
import { partOf } from '@/features/chart/line-labels'
import { distanceWords, figureOf, lineDetail, lineWords } from '@/features/chart/line-words'
import * as format from '@/format'
import { type AssetInfo, priceTick } from '@/markets'
import { closePrice, type Quote } from '@/rules'

/** The distance from which on a press is a drag (px); for a new exit, from its entry. */
const DRAG_MIN = 3
const NEW_MIN = 10

/** The number of ticks by which a key moves a line, upwards. */
const STEPS: Record<string, bigint> = {
  ArrowUp: 1n,
  ArrowDown: -1n,
  PageUp: 1_000n,
  PageDown: -1_000n,
}

/** By how much Shift multiplies them. */
const SHIFT = 10n

type Drag = {
  line: Line
  /** The heights at which the pointer and the line were. */
  pointerY: number
  lineY: number
  move: LineMove | null
  holder: HTMLElement
  pointerId: number
}

export type DragOptions = {
  view: ChartView
  lines: ChartLines
  info: AssetInfo
  /** Returns the prices that reach exits. */
  quote: () => Quote | null
  /** Called when a line is dropped at a new price. */
  onDrop: (move: LineMove) => void
  /** Tells where the keyboard has moved a line. */
  tell: (words: string) => void
}

/** Listens on the chart and on the layer of its labels. Returns a function that stops listening. */
export function dragLines(chart: HTMLElement, layer: HTMLElement, options: DragOptions) {
  const drag = new LineDrag(options)
  const end = new AbortController()
  const { signal } = end
  const capture = { capture: true, signal }
  chart.addEventListener('pointerdown', (event) => drag.downAt(chart, event), capture)
  chart.addEventListener('pointermove', (event) => drag.moveAt(chart, event), capture)
  layer.addEventListener('pointerdown', (event) => drag.downOn(layer, event), { signal })
  layer.addEventListener('pointermove', (event) => drag.move(event), { signal })
  for (const element of [chart, layer]) {
    element.addEventListener('pointerup', (event) => drag.up(event), capture)
    element.addEventListener('pointercancel', (event) => drag.up(event), capture)
    element.addEventListener('pointerleave', () => options.lines.point(null), { signal })
  }
  layer.addEventListener('keydown', (event) => drag.key(event), { signal })
  layer.addEventListener('focusin', (event) => drag.focus(event.target), { signal })
  layer.addEventListener('focusout', (event) => drag.focus(event.relatedTarget), { signal })
  window.addEventListener('keydown', (event) => drag.escape(event), capture)
  return () => end.abort()
}

class LineDrag {
  readonly #options: DragOptions
  #drag: Drag | null = null
  /** What the keyboard moves, and the lines with whose labels: an entry, then its new exit. */
  #keyed: { move: LineMove; from: string; id: string } | null = null

  constructor(options: DragOptions) {
    this.#options = options
  }

  /** A press on the chart, at a line or elsewhere. */
  downAt(chart: HTMLElement, event: PointerEvent): void {
    if (event.button !== 0) return
    const y = event.clientY - chart.getBoundingClientRect().top
    const line = this.#options.lines.gripAt(y, event.pointerType === 'touch')
    if (!line) return
    event.stopPropagation()
    event.preventDefault()
    this.#begin(line, chart, event)
  }

  /** A press on a label. */
  downOn(layer: HTMLElement, event: PointerEvent): void {
    const part = partOf(event.target)
    if (event.button !== 0 || part?.part !== 'grip') return
    const line = this.#options.lines.lineOf(part.id)
    if (line && isMovable(line)) this.#begin(line, layer, event)
  }

  moveAt(chart: HTMLElement, event: PointerEvent): void {
    if (this.#drag) {
      event.stopPropagation()
      return this.move(event)
    }
    const y = event.clientY - chart.getBoundingClientRect().top
    const line = this.#options.lines.gripAt(y, event.pointerType === 'touch')
    chart.style.cursor = line ? 'ns-resize' : ''
    this.#options.lines.point(line?.id ?? null)
  }

  move({ clientY }: PointerEvent): void {
    const { view, lines, info, quote } = this.#options
    const drag = this.#drag
    if (!drag) return
    const moved = clientY - drag.pointerY
    const least = drag.line.kind === 'entry' ? NEW_MIN : DRAG_MIN
    if (!drag.move && Math.abs(moved) < least) return
    // Back at the entry, there is no new exit.
    const isBack = drag.line.kind === 'entry' && Math.abs(moved) < least
    const height = view.chart.panes()[0]?.getHeight() ?? 0
    const reached = view.priceAt(Math.max(0, Math.min(drag.lineY + moved, height)))
    if (isBack) drag.move = null
    else if (reached !== null && reached > 0n) {
      drag.move = movedTo(drag.line, toStep(reached, priceTick(info), 'nearest'), quote())
    }
    lines.setMove(drag.move)
  }

  up(event: PointerEvent): void {
    const move = this.#drag?.move ?? null
    if (!this.#drag) return
    this.#end()
    this.#drop(event.type === 'pointerup' ? move : null)
  }

  /** Ends a drag without a drop. */
  escape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#drag) return
    event.stopPropagation()
    this.#end()
    this.#options.lines.setMove(null)
  }

  focus(target: EventTarget | null): void {
    const part = partOf(target)
    this.#options.lines.setFocused(part?.id ?? null)
    if (!this.#keyed || part?.id === this.#keyed.id || part?.id === this.#keyed.from) return
    this.#keyed = null
    this.#options.lines.setMove(null)
  }

  /** Arrow and page keys move, Enter drops, Escape puts back, Delete removes. */
  key(event: KeyboardEvent): void {
    const part = partOf(event.target)
    const line = part?.part === 'grip' ? this.#options.lines.lineOf(part.id) : null
    if (!line) return
    if (event.key === 'Delete') {
      const label = event.target instanceof Element ? event.target.closest('[data-line]') : null
      return label?.querySelector<HTMLElement>('[data-part=remove]')?.click()
    }
    const ticks = STEPS[event.key]
    if (ticks !== undefined) this.#step(line, event.shiftKey ? ticks * SHIFT : ticks)
    else if (event.key === 'Enter' && this.#keyed) {
      const { move } = this.#keyed
      this.#keyed = null
      this.#drop(move)
    } else if (event.key === 'Escape' && this.#keyed) {
      const { from } = this.#keyed
      this.#keyed = null
      this.#options.lines.setMove(null)
      this.#options.lines.want(from)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  #step(line: Line, ticks: bigint): void {
    const { lines, info, quote, tell, view } = this.#options
    const before = this.#keyed
    const isContinued = before !== null && (before.id === line.id || before.from === line.id)
    const start = isContinued ? before.move.price : this.#start(line)
    const move = movedTo(line, start + ticks * priceTick(info), quote())
    if (!move || move.price <= 0n) return
    const moved = lineOfMove(move)
    this.#keyed = { move, from: isContinued ? before.from : line.id, id: moved.id }
    lines.setMove(move)
    lines.keepInSight(move.price)
    // The label of an entry may get out of sight.
    if (moved.id !== line.id) lines.want(moved.id)
    const gain = figureOf([moved], null)
    const distance = distanceWords(move.price, view.lastClose() ?? 0n)
    const parts = [
      `${lineWords(moved)} ${lineDetail(moved)}`,
      gain === null ? '' : format.signedUsd(gain),
      distance,
    ]
    tell(parts.filter(Boolean).join(', '))
  }

  /** Returns the price from which the keyboard moves; that of a new exit is the current one. */
  #start(line: Line): bigint {
    const quote = this.#options.quote()
    if (line.kind !== 'entry' || !quote) return line.price
    const price = closePrice(line.position.orderType, quote)
    return toStep(price, priceTick(this.#options.info), 'nearest')
  }

  #begin(line: Line, holder: HTMLElement, event: PointerEvent): void {
    const { view, lines } = this.#options
    const lineY = view.heightOf(line.price)
    if (lineY === null) return
    const { clientY: pointerY, pointerId } = event
    this.#drag = { line, pointerY, lineY, move: null, holder, pointerId }
    lines.point(line.id)
    view.setMovable(false)
    holder.setPointerCapture(pointerId)
  }

  #end(): void {
    const drag = this.#drag
    this.#drag = null
    this.#options.view.setMovable(true)
    this.#options.lines.point(null)
    if (drag?.holder.hasPointerCapture(drag.pointerId)) {
      drag.holder.releasePointerCapture(drag.pointerId)
    }
  }

  #drop(move: LineMove | null): void {
    if (move && move.price !== priceBefore(move)) this.#options.onDrop(move)
    else this.#options.lines.setMove(null)
  }
}
