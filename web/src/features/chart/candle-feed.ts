/** The candles of one asset and timeframe: fetched, followed, and fetched further back on demand. */

import { api } from '@/api/client'
import type { Asset } from '@/assets'
import { withLive, withStored } from '@/features/chart/candle-series'
import { subscribeCandles, subscribeGaps } from '@/live/connection'
import { type Candle, parseCandles, type Timeframe } from '@/live/frames'
import { oncePerFrame } from '@/live/frame-clock'

/** Fills a wide screen, and some to scroll. */
const FIRST_LEN = 500
const OLDER_LEN = 1_000
const NEWER_LEN = 1_000
const RETRY_MS = 2_000
/** More than what is stored lags behind the market. */
const SETTLED_MS = 1_500

export type FeedChange =
  /** Everything is to be drawn anew. */
  | { kind: 'all' }
  /** These, at the end, were changed or added. */
  | { kind: 'end'; candles: readonly Candle[] }
  | { kind: 'failed' }

export type CandleFeed = {
  candles(): readonly Candle[]
  /** Asks for what was before; nothing when that is under way or there is none. */
  older(): void
  close(): void
}

export function openFeed(
  asset: Asset,
  timeframe: Timeframe,
  onChange: (change: FeedChange) => void,
): CandleFeed {
  const closing = new AbortController()
  const changed = new Map<number, Candle>()
  let candles: Candle[] = []
  let isLoaded = false
  let isBeginning = false
  let isFetchingOlder = false
  let isFetchingNewest = false
  let isNewestDue = false

  const announceEnd = oncePerFrame(() => {
    if (closing.signal.aborted || changed.size === 0) return
    const tail = [...changed.values()]
    changed.clear()
    onChange({ kind: 'end', candles: tail })
  })

  async function fetchCandles(range: { limit: number; from?: number; to?: number }) {
    const text = await api.candles({ asset, duration: timeframe, ...range }, closing.signal)
    return parseCandles(text)
  }

  function take(stored: readonly Candle[]): void {
    candles = withStored(candles, stored)
    changed.clear()
    isLoaded = true
    onChange({ kind: 'all' })
  }

  /** From the last candle that is certainly whole; everything the first time. */
  async function fetchNewest(): Promise<void> {
    // The one under way may have been asked too early: once more after it.
    isNewestDue = isFetchingNewest
    if (isFetchingNewest) return
    isFetchingNewest = true
    try {
      const from = candles.at(-2)?.time
      const range =
        isLoaded && from !== undefined ? { limit: NEWER_LEN, from } : { limit: FIRST_LEN }
      const stored = await fetchCandles(range)
      // Away for so long that one answer does not reach: begin anew.
      if (stored.length === NEWER_LEN) candles = []
      take(stored)
    } catch {
      if (!closing.signal.aborted && !isLoaded) onChange({ kind: 'failed' })
      later(fetchNewest, RETRY_MS)
    } finally {
      isFetchingNewest = false
    }
    if (isNewestDue) later(fetchNewest, 0)
  }

  /** What is stored lags a little: a candle that ended a moment ago is complete in a moment. */
  async function catchUp(): Promise<void> {
    await fetchNewest()
    later(fetchNewest, SETTLED_MS)
  }

  function later(work: () => Promise<void>, ms: number): void {
    setTimeout(() => {
      if (!closing.signal.aborted) void work()
    }, ms)
  }

  async function fetchOlder(): Promise<void> {
    const [first] = candles
    if (!first || isFetchingOlder || isBeginning) return
    isFetchingOlder = true
    try {
      const stored = await fetchCandles({ limit: OLDER_LEN, to: first.time })
      isBeginning = stored.length === 0
      if (!isBeginning) take(stored)
    } catch {
      // Scrolling on asks again.
    } finally {
      isFetchingOlder = false
    }
  }

  const leaveCandles = subscribeCandles(`${asset}:${timeframe}`, (frame) => {
    if (frame.symbol !== asset || frame.duration !== timeframe) return
    const { candles: next, isGap } = withLive(candles, frame.candle, frame.partial)
    candles = next
    if (!isLoaded) return
    const last = next.at(-1)
    if (last) changed.set(last.time, last)
    announceEnd()
    if (isGap) void catchUp()
  })
  const leaveGaps = subscribeGaps(() => void catchUp())
  void catchUp()

  return {
    candles: () => candles,
    older: () => void fetchOlder(),
    close() {
      closing.abort()
      leaveCandles()
      leaveGaps()
    },
  }
}
