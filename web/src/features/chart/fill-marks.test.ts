import { expect, it } from 'vitest'
import { marksOf } from '@/features/chart/fill-marks'

const CANDLES = [60, 120, 240].map((time) => ({ time }))

/** Reads fills such as `buy 61, sell 130`, in seconds, and writes the marks as `side index×count`. */
function marks(text: string): string {
  const fills = text.split(', ').map((each) => {
    const [side = '', at = ''] = each.split(' ')
    return { side: side.toUpperCase() as 'BUY' | 'SELL', executedAt: Number(at) * 1_000 }
  })
  return marksOf(fills, CANDLES)
    .map(({ side, index, fills: of }) => `${side.toLowerCase()} ${index}×${of.length}`)
    .join(', ')
}

it.each<[what: string, fills: string, expected: string]>([
  ['a fill at the start of its candle', 'buy 120', 'buy 1×1'],
  ['a fill at the end of its candle', 'buy 119.999', 'buy 0×1'],
  ['fills of a side on a candle', 'buy 130, buy 125, buy 121', 'buy 1×3'],
  ['fills of both sides on a candle', 'buy 130, sell 125', 'buy 1×1, sell 1×1'],
  ['a fill in a pause, on the candle before it', 'sell 200', 'sell 1×1'],
  ['a fill after the last candle', 'sell 999', 'sell 2×1'],
  ['no fill before the first candle', 'buy 59', ''],
])('marks %s', (_, fills, expected) => {
  expect(marks(fills)).toBe(expected)
})
