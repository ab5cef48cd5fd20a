import { describe, expect, it } from 'vitest'
import { rewound, withLive, withStored } from '@/features/chart/candle-series'
import type { Candle } from '@/live/frames'

/** Parses `time open high low close volume`, in whole units. */
function candle(text: string): Candle {
  const [time = 0, ...amounts] = text.split(' ').map(Number)
  const [open = 0n, high = 0n, low = 0n, close = 0n, volume = 0n] = amounts.map(BigInt)
  return { time, open, high, low, close, volume }
}

const row = (...texts: string[]) => texts.map(candle)

describe('a live candle', () => {
  it('replaces the one that it continues', () => {
    const { candles, isGap } = withLive(
      row('0 5 6 4 5 1', '60 5 5 5 5 1'),
      candle('60 5 9 5 9 2'),
      false,
    )
    expect(candles).toEqual(row('0 5 6 4 5 1', '60 5 9 5 9 2'))
    expect(isGap).toBe(false)
  })

  it('begins a new one, even after a pause', () => {
    const { candles, isGap } = withLive(row('0 5 6 4 5 1'), candle('180 5 5 5 5 1'), false)
    expect(candles).toEqual(row('0 5 6 4 5 1', '180 5 5 5 5 1'))
    expect(isGap).toBe(false)
  })

  it('merges into the known candle when its beginning was not seen', () => {
    const { candles, isGap } = withLive(row('60 5 9 3 4 7'), candle('60 6 8 2 6 3'), true)
    expect(candles).toEqual(row('60 5 9 2 6 7'))
    expect(isGap).toBe(false)
  })

  it('reports a gap when it is new and its beginning was not seen', () => {
    const { candles, isGap } = withLive(row('0 5 6 4 5 1'), candle('120 6 6 6 6 1'), true)
    expect(candles).toHaveLength(2)
    expect(isGap).toBe(true)
  })

  it('changes nothing when it is late', () => {
    const known = row('0 5 6 4 5 1', '60 5 5 5 5 1')
    const { candles, isLate } = withLive(known, candle('0 1 1 1 1 1'), false)
    expect(candles).toEqual(known)
    expect(isLate).toBe(true)
  })

  it('is the last one when the feed restarts with it', () => {
    const known = row('0 5 6 4 5 1', '60 5 5 5 5 1', '120 7 7 7 7 1')
    const live = candle('60 1 1 1 1 1')
    expect(rewound(known, live)).toEqual(row('0 5 6 4 5 1', '60 1 1 1 1 1'))
    expect(rewound(known, candle('-60 1 1 1 1 1'))).toEqual(row('-60 1 1 1 1 1'))
  })
})

describe('stored candles', () => {
  it('fill gaps in order', () => {
    const known = row('0 5 6 4 5 1', '120 6 6 6 6 1')
    expect(withStored(known, row('60 5 7 5 6 4'))).toEqual(
      row('0 5 6 4 5 1', '60 5 7 5 6 4', '120 6 6 6 6 1'),
    )
    expect(withStored(known, row('-60 1 1 1 1 1'))[0]?.time).toBe(-60)
  })

  it('complete a candle whose beginning was not seen', () => {
    expect(withStored(row('60 6 8 6 7 2'), row('60 5 8 4 6 9'))).toEqual(row('60 5 8 4 6 9'))
  })

  it('do not overwrite newer values', () => {
    expect(withStored(row('60 5 9 4 9 12'), row('60 5 8 4 6 9'))).toEqual(row('60 5 9 4 9 12'))
  })
})
