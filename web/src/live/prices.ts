/**
 * The latest bid and ask of each asset, outside of React. Listeners hear of a change once per
 * animation frame, and only those of the assets that changed.
 */

import { ASSETS, type Asset } from '@/assets'
import { oncePerFrame } from '@/live/frame-clock'
import type { Dispute } from '@/live/frames'
import type { Quote } from '@/rules'

export type LiveQuote = Quote & {
  /** Of the trade behind it, Unix ms. */
  timestamp: number
  /** Which way the price went with the last change. */
  direction: 'up' | 'down' | 'same'
  /** When this page heard it, ms on the page's own clock. */
  heardAt: number
  disputed: Dispute | null
}

/**
 * A price that is older than the last one by this much is no straggler: the feed has begun anew, as
 * a recording that is played in a loop does.
 */
const RESTART_MS = 5_000

const latest = new Map<Asset, LiveQuote>()
const changed = new Set<Asset>()
const listeners = new Map<Asset, Set<() => void>>(ASSETS.map(({ asset }) => [asset, new Set()]))

const announce = oncePerFrame(() => {
  const assets = [...changed]
  changed.clear()
  for (const asset of assets) {
    for (const listener of listeners.get(asset) ?? []) listener()
  }
})

export function setQuote(
  asset: Asset,
  quote: Quote & { timestamp: number; disputed?: Dispute | null },
): void {
  const before = latest.get(asset)
  const lateMs = before ? before.timestamp - quote.timestamp : 0
  if (lateMs > 0 && lateMs < RESTART_MS) return
  const same = !before || before.bid === quote.bid
  const direction = same ? (before?.direction ?? 'same') : quote.bid > before.bid ? 'up' : 'down'
  const heardAt = performance.now()
  latest.set(asset, { disputed: null, ...quote, direction, heardAt })
  changed.add(asset)
  announce()
}

export function quoteOf(asset: Asset): LiveQuote | null {
  return latest.get(asset) ?? null
}

export function subscribeQuote(asset: Asset, listener: () => void): () => void {
  const of = listeners.get(asset)
  of?.add(listener)
  return () => of?.delete(listener)
}

/** Hears of any of several assets; once per asset that changed. */
export function subscribeQuotes(assets: readonly Asset[], listener: () => void): () => void {
  const undo = assets.map((asset) => subscribeQuote(asset, listener))
  return () => {
    for (const off of undo) off()
  }
}

export function forgetQuotes(): void {
  latest.clear()
  changed.clear()
}
