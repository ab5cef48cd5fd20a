/** The arrangement of the trading page's panels on wide screens, kept across visits. */

import { t } from '@lingui/core/macro'
import type { Timeframe } from '@/live/frames'
import { TIMEFRAMES } from '@/live/frames'
import { type Asset, type AssetInfo, isSymbol } from '@/markets'
import { load, save } from '@/storage'
import { createStore } from '@/store'

export const PRESETS = ['standard', 'focus', 'wide', 'grid'] as const
export type Preset = (typeof PRESETS)[number]

export function presetName(preset: Preset): string {
  return {
    standard: t({ message: 'Standard', context: 'layout' }),
    focus: t({ message: 'Focus', context: 'layout' }),
    wide: t({ message: 'Wide', context: 'layout' }),
    grid: t({ message: 'Grid of charts', context: 'layout' }),
  }[preset]
}

/** One of several charts. */
export type Cell = { asset: Asset; timeframe: Timeframe }

export type Layout = {
  preset: Preset
  ticketSide: 'left' | 'right'
  positionsAt: 'below' | 'right'
  showTape: boolean
  /** The charts of the grid; empty until it is opened. */
  cells: readonly Cell[]
}

export const DEFAULT_LAYOUT: Layout = {
  preset: 'standard',
  ticketSide: 'right',
  positionsAt: 'below',
  showTape: true,
  cells: [],
}

/** The width of the page from which on there is room for the tape of trades. */
export const ROOM_FOR_TAPE = '(min-width: 80rem)'

/** The largest number of charts. */
export const CELLS_MAX = 4

const KEY = 'layout'
/** The names under which the library keeps the positions of splitters. */
const SPLITTERS = 'react-resizable-panels:velox.panels.'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Returns a saved layout, with the default of everything that can't be read. */
export function readLayout(saved: Record<string, unknown>): Layout {
  const { preset, ticketSide, positionsAt, showTape, cells } = saved
  return {
    preset: PRESETS.find((each) => each === preset) ?? DEFAULT_LAYOUT.preset,
    ticketSide: ticketSide === 'left' ? 'left' : 'right',
    positionsAt: positionsAt === 'right' ? 'right' : 'below',
    showTape: typeof showTape === 'boolean' ? showTape : DEFAULT_LAYOUT.showTape,
    cells: Array.isArray(cells) ? cells.flatMap(readCell).slice(0, CELLS_MAX) : [],
  }
}

function readCell(cell: unknown): Cell[] {
  const { asset, timeframe: saved } = isRecord(cell) ? cell : {}
  const timeframe = TIMEFRAMES.find((each) => each === saved)
  return isSymbol(asset) && timeframe ? [{ asset, timeframe }] : []
}

export const layout = createStore<Layout>(readLayout(load(KEY, isRecord, {})))

/** The number of times that the sizes of all panels were reset. */
export const layoutResets = createStore(0)

layout.subscribe(() => save(KEY, layout.get()))

export function changeLayout(part: Partial<Layout>): void {
  layout.set((current) => ({ ...current, ...part }))
}

/** Restores the standard arrangement, and the sizes of all panels. */
export function resetLayout(): void {
  layout.set(DEFAULT_LAYOUT)
  try {
    const kept = Object.keys(localStorage).filter((key) => key.startsWith(SPLITTERS))
    for (const key of kept) localStorage.removeItem(key)
  } catch {
    // Without storage, no sizes are kept.
  }
  layoutResets.set((count) => count + 1)
}

const FIRST_TIMEFRAMES = ['1m', '5m', '15m', '1h'] as const

/** Returns the charts of a new grid: the shown market and the next ones, or other timeframes of it. */
export function firstCells(asset: Asset, list: readonly AssetInfo[]): Cell[] {
  const others = list.map((info) => info.asset).filter((each) => each !== asset)
  return FIRST_TIMEFRAMES.map((timeframe, n) => {
    const other = n === 0 ? asset : others[n - 1]
    return other === undefined ? { asset, timeframe } : { asset: other, timeframe: '1m' }
  })
}
