import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { records } from '@/api/records'
import type { Fill } from '@/api/schema'
import { openFills } from '@/features/chart/fill-feed'

let account: () => void = () => undefined

vi.mock('@/live/connection', () => ({
  subscribeAccount(listener: () => void) {
    account = listener
    return () => undefined
  },
}))

const fill = (id: number) => ({ fillId: String(id), executedAt: id * 1_000 }) as Fill

/** What the server has, newest first. */
let stored: Fill[]
let shown: string

function open(fromS: number) {
  const feed = openFills('BTCUSDT', (fills) => {
    shown = fills.map(({ fillId }) => fillId).join(' ')
  })
  feed.cover(fromS)
  return feed
}

beforeEach(() => {
  vi.useFakeTimers()
  stored = [5, 4, 3, 2, 1].map(fill)
  shown = ''
  // Pages of two.
  vi.spyOn(records, 'fills').mockImplementation((_, cursor) => {
    const start = Number(cursor ?? 0)
    const fills = stored.slice(start, start + 2)
    const nextCursor = start + 2 < stored.length ? String(start + 2) : null
    return Promise.resolve({ success: true as const, fills, nextCursor })
  })
})

afterEach(() => vi.useRealTimers())

it('fetches as far back as the chart shows, and no further', async () => {
  const feed = open(4)
  await vi.advanceTimersByTimeAsync(0)
  expect(shown).toBe('5 4 3 2')
  feed.cover(0)
  await vi.advanceTimersByTimeAsync(0)
  expect(shown).toBe('5 4 3 2 1')
  expect(records.fills).toHaveBeenCalledTimes(3)
})

it('waits after a change until its fills are stored', async () => {
  open(5)
  await vi.advanceTimersByTimeAsync(0)
  account()
  account()
  await vi.advanceTimersByTimeAsync(2_000)
  stored = [fill(6), ...stored]
  await vi.advanceTimersByTimeAsync(3_000)
  expect(shown).toBe('6 5 4')
  const calls = vi.mocked(records.fills).mock.calls.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(records.fills).toHaveBeenCalledTimes(calls)
})

it('gives up after a change that has filled nothing', async () => {
  open(5)
  await vi.advanceTimersByTimeAsync(0)
  const before = vi.mocked(records.fills).mock.calls.length
  account()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(vi.mocked(records.fills).mock.calls.length - before).toBe(4)
})

it('is not put off by changes that follow one another', async () => {
  open(5)
  await vi.advanceTimersByTimeAsync(0)
  stored = [fill(6), ...stored]
  for (let i = 0; i < 5; i += 1) {
    account()
    await vi.advanceTimersByTimeAsync(500)
  }
  expect(shown).toContain('6')
})
