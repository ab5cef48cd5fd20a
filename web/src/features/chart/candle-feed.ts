/** The candles of one asset and timeframe: fetched, followed, and fetched further back on demand. */

import { api } from '@/api/client'
import type { Asset } from '@/assets'
import { rewound, withLive, withStored } from '@/features/chart/candle-series'
import { subscribeCandles, subscribeGaps } from '@/live/connection'
import { type Candle, parseCandles, type Timeframe, TIMEFRAME_S } from '@/live/frames'
import { oncePerFrame } from '@/live/frame-clock'

/** Fills a wide screen, and some to scroll. */
const FIRST_LEN = 500
const OLDER_LEN = 1_000
const NEWER_LEN = 1_000
const RETRY_MS = 2_000
/** More than what is stored lags behind the market. */
const SETTLED_MS = 1_500
/** For so long live candles of the one before the last may still be on their way. */
const STRAGGLE_MS = 2_000

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
  /** The newest live candle since the feed began anew; stored ones after it are of its run before. */
  let end: number | null = null
  /** When the first live candle came that is older than the last one. */
  let lateSince: number | null = null

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
    const until = end
    candles = withStored(
      candles,
      until === null ? stored : stored.filter(({ time }) => time <= until),
    )
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
      const bound = end === null ? {} : { to: end + TIMEFRAME_S[timeframe] }
      const stored = await fetchCandles({ ...range, ...bound })
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

  /** The last live candles before a new one may come after it was fetched; others are a new run. */
  function beginsAnew({ time }: Candle): boolean {
    lateSince ??= Date.now()
    const last = candles.at(-1)?.time ?? time
    return last - time > TIMEFRAME_S[timeframe] || Date.now() - lateSince > STRAGGLE_MS
  }

  function beginAnew(live: Candle): void {
    lateSince = null
    end = live.time
    candles = rewound(candles, live)
    isBeginning = false
    if (!isLoaded) return
    changed.clear()
    onChange({ kind: 'all' })
    void catchUp()
  }

  const leaveCandles = subscribeCandles(`${asset}:${timeframe}`, (frame) => {
    if (frame.symbol !== asset || frame.duration !== timeframe) return
    const { candles: next, isGap, isLate } = withLive(candles, frame.candle, frame.partial)
    if (isLate && beginsAnew(frame.candle)) return beginAnew(frame.candle)
    if (!isLate) lateSince = null
    candles = next
    if (end !== null) end = next.at(-1)?.time ?? end
    if (!isLoaded || isLate) return
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
