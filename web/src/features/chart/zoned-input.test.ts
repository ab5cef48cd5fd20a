import { expect, it } from 'vitest'
import { reachingTimeframe } from '@/features/chart/jump'
import { fromInput, toInput } from '@/features/chart/zoned-input'
import type { TimeZone } from '@/settings'

const at = (text: string) => Date.parse(text) / 1_000

it.each<[zone: TimeZone, text: string, time: string]>([
  ['utc', '2026-11-30T14:45', '2026-11-30T14:45:00Z'],
  ['America/New_York', '2026-11-30T09:45', '2026-11-30T14:45:00Z'],
  ['America/New_York', '2026-07-01T09:45', '2026-07-01T13:45:00Z'],
  ['Asia/Kolkata', '2026-11-30T20:15', '2026-11-30T14:45:00Z'],
  // The hour after clocks go forward, and that before they go back.
  ['Europe/Berlin', '2026-03-29T03:30', '2026-03-29T01:30:00Z'],
  ['Europe/Berlin', '2026-10-25T01:30', '2026-10-24T23:30:00Z'],
])('%s %s', (zone, text, time) => {
  expect(fromInput(text, zone)).toBe(at(time))
  expect(toInput(at(time), zone)).toBe(text)
})

it('reads nothing from an empty field', () => {
  expect(fromInput('', 'utc')).toBeNull()
})

it.each([
  ['1m', 3_600, '1m'],
  ['1m', 20_000 * 60, '1m'],
  ['1m', 20_000 * 60 + 1, '5m'],
  ['30s', 300 * 86_400, '1h'],
  ['4h', 60, '4h'],
  ['1d', 1e12, '1d'],
] as const)('%s candles of %i s: %s', (current, seconds, reaching) => {
  expect(reachingTimeframe(current, seconds, 20_000)).toBe(reaching)
})
