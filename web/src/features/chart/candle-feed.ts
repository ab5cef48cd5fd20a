/** The candles of one asset and timeframe: loads them, follows live ones, and loads older ones. */

import { api } from '@/api/client'
import { rewound, withLive, withStored } from '@/features/chart/candle-series'
import { subscribeCandles, subscribeGaps } from '@/live/connection'
import { type Candle, parseCandles, type Timeframe, TIMEFRAME_S } from '@/live/frames'
import { oncePerFrame } from '@/live/frame-clock'
import type { Asset } from '@/markets'

/** The size of the first page: fills a wide screen, with some candles to scroll. */
const FIRST_LEN = 500
const OLDER_LEN = 1_000
const NEWER_LEN = 1_000
/** The number of pages that a jump to a date may load; more candles would make the page slow. */
export const REACH_PAGES = 20
const RETRY_MS = 2_000
/** Longer than stored candles lag behind the market. */
const SETTLED_MS = 1_500
/** The time for which live updates of the previous candle may still arrive. */
const STRAGGLE_MS = 2_000

export type FeedChange =
  /** All candles changed. */
  | { kind: 'all' }
  /** These candles at the end were changed or added. */
  | { kind: 'end'; candles: readonly Candle[] }
  | { kind: 'failed' }

export type CandleFeed = {
  candles(): readonly Candle[]
  /** Loads older candles; does nothing while a load is in flight or if there are none. */
  older(): void
  /** Loads older candles until a time (Unix s), or the first there is; rejects if that fails. */
  reach(time: number): Promise<void>
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
  /** The newest live candle since the feed restarted; later stored ones belong to the old run. */
  let end: number | null = null
  let onLoaded: () => void = () => undefined
  const loaded = new Promise<void>((resolve) => {
    onLoaded = resolve
  })
  /** The time at which the first live candle older than the last one arrived. */
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
    onLoaded()
  }

  /** Loads candles from the last one that is certainly complete; the first page at first. */
  async function fetchNewest(): Promise<void> {
    // The request in flight may be too early, so repeat it afterwards.
    isNewestDue = isFetchingNewest
    if (isFetchingNewest) return
    isFetchingNewest = true
    try {
      const from = candles.at(-2)?.time
      const range =
        isLoaded && from !== undefined ? { limit: NEWER_LEN, from } : { limit: FIRST_LEN }
      const bound = end === null ? {} : { to: end + TIMEFRAME_S[timeframe] }
      const stored = await fetchCandles({ ...range, ...bound })
      // The gap is longer than one response: start over.
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

  /** Loads the newest candles twice, since a candle that has just ended is stored with a delay. */
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
      // Scrolling further tries again.
    } finally {
      isFetchingOlder = false
    }
  }

  async function reach(time: number): Promise<void> {
    await loaded
    const pages: Candle[][] = []
    try {
      for (let page = 0; page < REACH_PAGES && !isBeginning; page += 1) {
        const first = (pages.at(-1) ?? candles)[0]
        if (!first || first.time <= time) break
        const stored = await fetchCandles({ limit: OLDER_LEN, to: first.time })
        isBeginning = stored.length === 0
        pages.push(stored)
      }
    } finally {
      // At once, since every change draws all candles.
      if (pages.length > 0 && !closing.signal.aborted) take(pages.flat())
    }
  }

  /** Reports whether a late candle starts a new run of the feed, rather than being a straggler. */
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
    reach,
    close() {
      closing.abort()
      leaveCandles()
      leaveGaps()
    },
  }
}
