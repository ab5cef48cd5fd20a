/** The keys with which drawings are placed, moved, deleted and restored. */

import type { DrawingInput } from '@/features/chart/drawing-input'
import { changeWork, deleted, removeDrawings, undoRemoval, work } from '@/features/chart/drawings'
import type { Asset } from '@/markets'

/** The steps of the arrow keys: to the right, and up. */
const ARROWS: Record<string, readonly [candles: number, steps: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}

/** Where keys mean something else, and where arrows do. */
const CONTROLS = 'input, select, textarea, dialog, [role=menu], [role=dialog]'
const ARROW_CONTROLS = '[role=radiogroup], [role=tablist], [role=separator], input[type=range]'

export function listenKeys(input: DrawingInput, asset: Asset): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (isWithin(event, CONTROLS) || !act(input, asset, event)) return
    event.preventDefault()
    event.stopPropagation()
  }
  // Before buttons, of which one may have the focus.
  document.addEventListener('keydown', onKey, true)
  return () => document.removeEventListener('keydown', onKey, true)
}

const isWithin = ({ target }: Event, controls: string) =>
  target instanceof Element && target.closest(controls) !== null

/** Returns whether the key did something. */
function act(input: DrawingInput, asset: Asset, event: KeyboardEvent): boolean {
  const { tool, selected } = work.get()
  const { key } = event
  if (event.ctrlKey || event.metaKey) {
    const isUndo = key.toLowerCase() === 'z' && deleted.get()?.asset === asset
    if (isUndo) undoRemoval()
    return isUndo
  }
  if (event.altKey) return false
  if (tool && key === 'Enter') {
    input.placeInMiddle()
    return true
  }
  if ((tool || selected) && key === 'Escape') {
    changeWork({ tool: null, selected: null })
    return true
  }
  if (!selected) return false
  if (key === 'Delete' || key === 'Backspace') {
    removeDrawings(asset, selected)
    return true
  }
  const arrow = isWithin(event, ARROW_CONTROLS) ? undefined : ARROWS[key]
  if (arrow) input.nudge(...arrow)
  return arrow !== undefined
}
