/** Dragging of stop-loss and take-profit lines, and of new ones from an entry line. */

import { toStep } from '@/decimal'
import type { ChartLines, ExitMove, Grip } from '@/features/chart/chart-lines'
import type { ChartView } from '@/features/chart/chart-view'
import { type AssetInfo, priceTick } from '@/markets'
import { closePrice, isWorse, type Quote } from '@/rules'
import type { Position } from '@/trading/account'
import type { ExitName } from '@/trading/exits'

/** The minimum distance of a new exit from the entry (px); less is a click or a cancelled drag. */
const NEW_MIN = 10

type Drag = { grip: Grip; fromY: number; move: ExitMove | null }

export type DragOptions = {
  view: ChartView
  lines: ChartLines
  info: AssetInfo
  quote: () => Quote | null
  /** Called when a line is dropped at a new price. */
  onDrop: (move: ExitMove) => void
}

/** Listens on the chart's element. Returns a function that stops listening. */
export function dragExits(
  element: HTMLElement,
  { view, lines, info, quote, onDrop }: DragOptions,
): () => void {
  const end = new AbortController()
  let drag: Drag | null = null

  const heightIn = (event: PointerEvent) => event.clientY - element.getBoundingClientRect().top
  const gripOf = (event: PointerEvent) =>
    lines.gripAt(heightIn(event), event.pointerType === 'touch')

  function down(event: PointerEvent): void {
    const grip = event.button === 0 ? gripOf(event) : null
    if (!grip) return
    drag = { grip, fromY: heightIn(event), move: null }
    view.setMovable(false)
    element.setPointerCapture(event.pointerId)
    event.stopPropagation()
    event.preventDefault()
  }

  function move(event: PointerEvent): void {
    if (!drag) {
      const grip = gripOf(event)
      element.style.cursor = grip ? 'ns-resize' : ''
      lines.hint(grip)
      return
    }
    event.stopPropagation()
    // Keeps the line inside the chart.
    const y = Math.max(0, Math.min(heightIn(event), element.clientHeight))
    const { position, exit } = drag.grip
    if (exit === null && Math.abs(y - drag.fromY) < NEW_MIN) {
      drag.move = null
      lines.endPreview()
      return
    }
    const reached = view.priceAt(y)
    if (reached === null || reached <= 0n) return
    const price = toStep(reached, priceTick(info), 'nearest')
    drag.move = { position, exit: exit ?? newExit(position, price, quote()), price }
    lines.preview(drag.move)
  }

  function up(event: PointerEvent): void {
    if (!drag) return
    const { move: made } = drag
    drag = null
    view.setMovable(true)
    element.releasePointerCapture(event.pointerId)
    if (event.type === 'pointerup' && made && made.price !== made.position[made.exit]) onDrop(made)
    else lines.endPreview()
  }

  const options = { capture: true, signal: end.signal }
  element.addEventListener('pointerdown', down, options)
  element.addEventListener('pointermove', move, options)
  element.addEventListener('pointerup', up, options)
  element.addEventListener('pointercancel', up, options)
  element.addEventListener('pointerleave', () => lines.hint(null), { signal: end.signal })
  return () => end.abort()
}

/** Returns the kind of a new exit, by the current price: a stop-loss may be in profit. */
export function newExit(
  { orderType, executionPrice }: Pick<Position, 'orderType' | 'executionPrice'>,
  price: bigint,
  quote: Quote | null,
): ExitName {
  const reference = quote ? closePrice(orderType, quote) : executionPrice
  return isWorse(orderType, price, reference) ? 'stopLoss' : 'takeProfit'
}
