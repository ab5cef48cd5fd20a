/**
 * The latest bid and ask of each asset, outside React. Listeners are called once per animation
 * frame, and only for assets that changed.
 */

import { oncePerFrame } from '@/live/frame-clock'
import type { Dispute } from '@/live/frames'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'

export type LiveQuote = Quote & {
  /** The time of the underlying trade, Unix ms. */
  timestamp: number
  /** The direction of the last change. */
  direction: 'up' | 'down' | 'same'
  /** The time at which the page received it, ms on the page's monotonic clock. */
  heardAt: number
  disputed: Dispute | null
}

/**
 * The minimum age, relative to the last price, of a price that means a restart of the feed (such as
 * a recording played in a loop) and not a late arrival.
 */
const RESTART_MS = 5_000

const latest = new Map<Asset, LiveQuote>()
const changed = new Set<Asset>()
const listeners = new Map<Asset, Set<() => void>>()
/** The listeners to the prices of all assets. */
const everyListeners = new Set<() => void>()

const announce = oncePerFrame(() => {
  // Each once, although it may have subscribed to several assets that changed.
  const due = new Set(everyListeners)
  for (const asset of changed) {
    for (const listener of listeners.get(asset) ?? []) due.add(listener)
  }
  changed.clear()
  for (const listener of due) listener()
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
  touch(asset)
}

/** Calls the asset's listeners back: something else that is shown with its price has changed. */
export function touch(asset: Asset): void {
  changed.add(asset)
  announce()
}

export function quoteOf(asset: Asset): LiveQuote | null {
  return latest.get(asset) ?? null
}

export function subscribeQuote(asset: Asset, listener: () => void): () => void {
  const of = listeners.get(asset) ?? new Set()
  listeners.set(asset, of.add(listener))
  return () => of.delete(listener)
}

/** Subscribes to several assets; calls back once per frame. */
export function subscribeQuotes(assets: readonly Asset[], listener: () => void): () => void {
  const undo = assets.map((asset) => subscribeQuote(asset, listener))
  return () => {
    for (const off of undo) off()
  }
}

/** Subscribes to all assets, also those that are listed later; calls back once per frame. */
export function subscribeEveryQuote(listener: () => void): () => void {
  everyListeners.add(listener)
  return () => everyListeners.delete(listener)
}

export function forgetQuotes(): void {
  latest.clear()
  changed.clear()
}
