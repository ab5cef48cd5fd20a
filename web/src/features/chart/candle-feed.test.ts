import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type CandleFeed, type FeedChange, openFeed } from '@/features/chart/candle-feed'
import type { Candle, Frame } from '@/live/frames'

type CandleFrame = Extract<Frame, { type: 'candle_update' }>
type Query = { from?: number; to?: number; limit: number }

const server = vi.hoisted(() => ({
  times: [] as number[],
  queries: [] as Query[],
  live: null as ((frame: CandleFrame) => void) | null,
}))

vi.mock('@/api/client', () => ({
  api: {
    candles: (query: Query) => {
      server.queries.push(query)
      const { from = 0, to = Infinity, limit } = query
      const times = server.times.filter((time) => time >= from && time < to).slice(-limit)
      const candles = times.map((time) => ({ time, open: 1, high: 1, low: 1, close: 1, volume: 1 }))
      return Promise.resolve(JSON.stringify({ candles }))
    },
  },
}))
vi.mock('@/live/connection', () => ({
  subscribeCandles: (_: string, listener: (frame: CandleFrame) => void) => {
    server.live = listener
    return () => undefined
  },
  subscribeGaps: () => () => undefined,
}))

const minute = (n: number) => n * 60
const times = (feed: CandleFeed) => feed.candles().map(({ time }) => time / 60)

let feed: CandleFeed
let changes: FeedChange['kind'][]

/** Delivers a live candle of minute `n`. */
function hear(n: number): void {
  const candle: Candle = { time: minute(n), open: 2n, high: 2n, low: 2n, close: 2n, volume: 2n }
  const frame = {
    type: 'candle_update',
    symbol: 'BTCUSDT',
    duration: '1m',
    partial: false,
  } as const
  server.live?.({ ...frame, candle })
}

beforeEach(async () => {
  vi.useFakeTimers()
  server.times = [1, 2, 3, 4, 5].map(minute)
  server.queries = []
  changes = []
  feed = openFeed('BTCUSDT', '1m', ({ kind }) => changes.push(kind))
  await vi.advanceTimersByTimeAsync(2_000)
  changes.length = 0
})

afterEach(() => {
  feed.close()
  vi.useRealTimers()
})

it('reloads when the feed restarts at an earlier candle', async () => {
  hear(6)
  hear(2)
  expect(times(feed)).toEqual([1, 2])
  expect(changes).toContain('all')
  await vi.advanceTimersByTimeAsync(4_000)
  // Stored candles of the previous run, after the live candle, are not shown.
  expect(times(feed)).toEqual([1, 2])
  expect(server.queries.at(-1)?.to).toBe(minute(3))
  hear(3)
  expect(times(feed)).toEqual([1, 2, 3])
  expect(feed.candles().at(-1)?.close).toBe(2n)
})

it('ignores a candle that is late by one, unless more of them come', () => {
  hear(4)
  expect(times(feed)).toEqual([1, 2, 3, 4, 5])
  vi.advanceTimersByTime(1_000)
  hear(5)
  hear(4)
  vi.advanceTimersByTime(1_000)
  hear(4)
  expect(times(feed)).toEqual([1, 2, 3, 4, 5])
  vi.advanceTimersByTime(1_500)
  hear(4)
  expect(times(feed)).toEqual([1, 2, 3, 4])
})

it('loads older candles until a time, all at once', async () => {
  server.times = Array.from({ length: 3_500 }, (_, index) => minute(index))
  feed.close()
  feed = openFeed('BTCUSDT', '1m', ({ kind }) => changes.push(kind))
  const reached = feed.reach(minute(1_200))
  await vi.advanceTimersByTimeAsync(2_000)
  await reached
  // The first page is the last 500; two pages of 1000 reach the time.
  expect(times(feed)[0]).toBe(1_000)
  expect(times(feed)).toHaveLength(2_500)
  changes.length = 0
  await feed.reach(-1)
  expect(changes).toEqual(['all'])
  expect(times(feed)).toHaveLength(3_500)
  server.queries = []
  await feed.reach(-1)
  expect(server.queries).toEqual([])
})
