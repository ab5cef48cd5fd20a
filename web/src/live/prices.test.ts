import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  forgetQuotes,
  quoteOf,
  setQuote,
  subscribeEveryQuote,
  subscribeQuote,
  subscribeQuotes,
} from '@/live/prices'

let frames: (() => void)[] = []
const nextFrame = () => {
  const due = frames
  frames = []
  for (const frame of due) frame()
}

beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  vi.stubGlobal('cancelAnimationFrame', () => undefined)
})

afterEach(() => {
  nextFrame()
  forgetQuotes()
  vi.unstubAllGlobals()
})

const quote = (bid: bigint, timestamp = Number(bid)) => ({ bid, ask: bid + 1n, timestamp })

it('notifies once per frame, and only listeners of the changed assets', () => {
  const [bitcoin, ether, both] = [vi.fn(), vi.fn(), vi.fn()]
  const leave = [
    subscribeQuote('BTCUSDT', bitcoin),
    subscribeQuote('ETHUSDT', ether),
    subscribeQuotes(['BTCUSDT', 'ETHUSDT'], both),
  ]
  for (let bid = 1n; bid <= 100n; bid += 1n) setQuote('BTCUSDT', quote(bid))
  expect(bitcoin).not.toHaveBeenCalled()
  nextFrame()
  expect(bitcoin).toHaveBeenCalledTimes(1)
  expect(both).toHaveBeenCalledTimes(1)
  expect(ether).not.toHaveBeenCalled()
  expect(quoteOf('BTCUSDT')).toMatchObject({ bid: 100n, direction: 'up' })
  for (const off of leave) off()
  setQuote('BTCUSDT', quote(101n))
  nextFrame()
  expect(bitcoin).toHaveBeenCalledTimes(1)
})

it('notifies once per frame when several assets have changed', () => {
  const [both, every] = [vi.fn(), vi.fn()]
  const leave = [subscribeQuotes(['BTCUSDT', 'ETHUSDT'], both), subscribeEveryQuote(every)]
  setQuote('BTCUSDT', quote(1n))
  setQuote('ETHUSDT', quote(1n))
  nextFrame()
  expect(both).toHaveBeenCalledTimes(1)
  expect(every).toHaveBeenCalledTimes(1)
  setQuote('NEWUSDT', quote(1n))
  nextFrame()
  expect(both).toHaveBeenCalledTimes(1)
  expect(every).toHaveBeenCalledTimes(2)
  for (const off of leave) off()
  setQuote('BTCUSDT', quote(2n))
  nextFrame()
  expect(every).toHaveBeenCalledTimes(2)
})

it('keeps the newest price, and its direction while it is unchanged', () => {
  setQuote('SOLUSDT', quote(10n, 2))
  setQuote('SOLUSDT', quote(9n, 3))
  setQuote('SOLUSDT', quote(9n, 4))
  setQuote('SOLUSDT', quote(50n, 1))
  expect(quoteOf('SOLUSDT')).toMatchObject({ bid: 9n, direction: 'down', timestamp: 4 })
})

it('continues when the feed restarts at an earlier time', () => {
  setQuote('ETHUSDT', quote(10n, 3_600_000))
  setQuote('ETHUSDT', quote(7n, 1_000))
  expect(quoteOf('ETHUSDT')).toMatchObject({ bid: 7n, timestamp: 1_000 })
  setQuote('ETHUSDT', quote(8n, 1_200))
  expect(quoteOf('ETHUSDT')).toMatchObject({ bid: 8n, direction: 'up' })
})
