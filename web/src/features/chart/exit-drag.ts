/** Dragging a stop-loss or take-profit line to another price. */

import { type AssetInfo, priceTick } from '@/assets'
import { toStep } from '@/decimal'
import type { ChartLines, Grip } from '@/features/chart/chart-lines'
import type { ChartView } from '@/features/chart/chart-view'

export type ExitMove = Grip & { price: bigint }

/** Listens on the chart's element; the result ends it. `onDrop` decides what becomes of a move. */
export function dragExits(
  element: HTMLElement,
  view: ChartView,
  lines: ChartLines,
  info: AssetInfo,
  onDrop: (move: ExitMove) => void,
): () => void {
  const end = new AbortController()
  let dragged: ExitMove | null = null

  const heightIn = (event: PointerEvent) => event.clientY - element.getBoundingClientRect().top
  const gripOf = (event: PointerEvent) =>
    lines.gripAt(heightIn(event), event.pointerType === 'touch')

  function down(event: PointerEvent): void {
    const grip = event.button === 0 ? gripOf(event) : null
    const price = grip?.position[grip.exit]
    if (!grip || price == null) return
    dragged = { ...grip, price }
    view.setMovable(false)
    element.setPointerCapture(event.pointerId)
    event.stopPropagation()
    event.preventDefault()
  }

  function move(event: PointerEvent): void {
    if (!dragged) {
      element.style.cursor = gripOf(event) ? 'ns-resize' : ''
      return
    }
    const price = view.priceAt(heightIn(event))
    if (price === null || price <= 0n) return
    dragged = { ...dragged, price: toStep(price, priceTick(info), 'nearest') }
    lines.preview(dragged, dragged.price)
    event.stopPropagation()
  }

  function up(event: PointerEvent): void {
    if (!dragged) return
    const dropped = dragged
    dragged = null
    view.setMovable(true)
    element.releasePointerCapture(event.pointerId)
    if (event.type === 'pointerup' && dropped.price !== dropped.position[dropped.exit]) {
      onDrop(dropped)
    } else {
      const before = dropped.position[dropped.exit]
      if (before !== null) lines.preview(dropped, before)
    }
  }

  const options = { capture: true, signal: end.signal }
  element.addEventListener('pointerdown', down, options)
  element.addEventListener('pointermove', move, options)
  element.addEventListener('pointerup', up, options)
  element.addEventListener('pointercancel', up, options)
  return () => end.abort()
}
