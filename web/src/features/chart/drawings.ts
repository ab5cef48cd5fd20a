/** The trader's drawings, by market, in this browser's storage; and which one is being worked on. */

import { t } from '@lingui/core/macro'
import { randomId } from '@/random-id'
import type { Asset } from '@/markets'
import { load, save } from '@/storage'
import { createStore, type Store } from '@/store'

export const TOOLS = [
  'trendLine',
  'ray',
  'horizontalLine',
  'rectangle',
  'fibonacci',
  'text',
] as const
export type Tool = (typeof TOOLS)[number]

export function toolName(tool: Tool): string {
  return {
    trendLine: t`Trend line`,
    ray: t({ message: 'Ray', context: 'drawing' }),
    horizontalLine: t`Horizontal line`,
    rectangle: t`Rectangle`,
    fibonacci: t`Fibonacci retracement`,
    text: t({ message: 'Text', context: 'drawing' }),
  }[tool]
}

/** The number of points that define a drawing. */
export const POINT_COUNTS: Record<Tool, number> = {
  trendLine: 2,
  ray: 2,
  horizontalLine: 1,
  rectangle: 2,
  fibonacci: 2,
  text: 1,
}

/** A point by time (Unix s) and price, so that it stays in its place in every timeframe. */
export type DrawingPoint = { time: number; price: number }

export type Drawing = {
  id: string
  tool: Tool
  points: readonly DrawingPoint[]
  /** `#rrggbb`; null for the theme's own colour. */
  colour: string | null
  /** What a text says; empty for other drawings. */
  text: string
}

/** The maximum number of drawings of a market, so that storage and each frame stay small. */
export const DRAWINGS_MAX = 200
export const TEXT_MAX = 120

/** The tool in hand, the selected drawing, and the one whose settings are open, of a market. */
export type Work = {
  asset: Asset | null
  tool: Tool | null
  selected: string | null
  edited: string | null
}

const IDLE: Work = { asset: null, tool: null, selected: null, edited: null }

export const work = createStore<Work>(IDLE)

export function changeWork(part: Partial<Work>): void {
  work.set((current) => ({ ...current, ...part }))
}

/** What was deleted last, to be restored; null if nothing was. */
export const deleted = createStore<{ asset: Asset; drawings: readonly Drawing[] } | null>(null)

const stores = new Map<Asset, Store<readonly Drawing[]>>()

const keyOf = (asset: Asset) => `drawings.${asset}`

export function drawingsOf(asset: Asset): Store<readonly Drawing[]> {
  const store = stores.get(asset) ?? createStore(stored(asset))
  stores.set(asset, store)
  return store
}

export function addDrawing(asset: Asset, drawing: Omit<Drawing, 'id'>): Drawing {
  const added = { ...drawing, id: randomId() }
  change(asset, (list) => [...list.slice(1 - DRAWINGS_MAX), added])
  return added
}

export function changeDrawing(asset: Asset, id: string, part: Partial<Drawing>): void {
  change(asset, (list) => list.map((each) => (each.id === id ? { ...each, ...part } : each)))
}

/** Deletes a drawing, or all of the market's. */
export function removeDrawings(asset: Asset, id: string | null): void {
  const isRemoved = (drawing: Drawing) => id === null || drawing.id === id
  const removed = stored(asset).filter(isRemoved)
  change(asset, (list) => list.filter((each) => !isRemoved(each)))
  work.set((current) => ({ ...current, selected: null, edited: null }))
  if (removed.length > 0) deleted.set({ asset, drawings: removed })
}

/** Restores what was deleted last. */
export function undoRemoval(): void {
  const last = deleted.get()
  if (!last) return
  deleted.set(null)
  const ids = new Set(last.drawings.map(({ id }) => id))
  change(last.asset, (list) => [...list.filter(({ id }) => !ids.has(id)), ...last.drawings])
}

/** Changes what is stored, which another tab may have changed since this one has read it. */
function change(asset: Asset, next: (list: readonly Drawing[]) => readonly Drawing[]): void {
  const list = next(stored(asset))
  save(keyOf(asset), list)
  drawingsOf(asset).set(list)
}

function stored(asset: Asset): readonly Drawing[] {
  const list = load(keyOf(asset), Array.isArray, [])
  return list.filter(isDrawing).slice(-DRAWINGS_MAX)
}

export function isDrawing(value: unknown): value is Drawing {
  if (typeof value !== 'object' || value === null) return false
  const { id, tool, points, colour, text } = value as Partial<Drawing>
  const known = TOOLS.find((each) => each === tool)
  return (
    typeof id === 'string' &&
    known !== undefined &&
    Array.isArray(points) &&
    points.length === POINT_COUNTS[known] &&
    points.every(isPoint) &&
    (colour === null || (typeof colour === 'string' && /^#[0-9a-f]{6}$/i.test(colour))) &&
    typeof text === 'string' &&
    text.length <= TEXT_MAX
  )
}

function isPoint(value: unknown): value is DrawingPoint {
  if (typeof value !== 'object' || value === null) return false
  const { time, price } = value as Partial<DrawingPoint>
  return Number.isFinite(time) && Number.isFinite(price)
}
