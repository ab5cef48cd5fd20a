import { expect, it } from 'vitest'
import { countdownText } from '@/features/chart/countdown'

it.each([
  ['1m', 60, 60_000, '01:00'],
  ['1m', 60, 86_400, '00:34'],
  ['1m', 60, 119_001, '00:01'],
  // The candle has ended, and the next one has no trade yet.
  ['1m', 60, 120_000, ''],
  // Of a market whose clock is behind.
  ['1m', 60, 59_000, ''],
  ['1h', 0, 0, '01:00:00'],
  ['1d', 0, 45_296_000, '11:25:04'],
] as const)('a %s candle from %i at %i ms', (timeframe, start, now, text) => {
  expect(countdownText(timeframe, start, now)).toBe(text)
})
