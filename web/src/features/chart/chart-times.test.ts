import { TickMarkType } from 'lightweight-charts'
import { expect, it } from 'vitest'
import { crosshairTime, tickMark } from '@/features/chart/chart-times'

const at = (text: string) => Date.parse(text) / 1_000

it.each([
  ['2026-11-28T18:30:00Z', TickMarkType.Time, '18:30'],
  ['2026-11-28T18:30:30Z', TickMarkType.TimeWithSeconds, '18:30:30'],
  ['2026-11-28T00:00:00Z', TickMarkType.DayOfMonth, '28'],
  ['2026-11-01T00:00:00Z', TickMarkType.Month, 'Nov'],
  ['2026-01-01T00:00:00Z', TickMarkType.Year, '2026'],
])('marks %s', (time, type, text) => {
  expect(tickMark(at(time), type, 'utc')).toBe(text)
})

it('adds the time to a day mark that is not at midnight in the zone', () => {
  // Stands for a zone with an offset of half an hour: the mark is not at midnight.
  expect(tickMark(at('2026-11-28T05:30:00Z'), TickMarkType.DayOfMonth, 'utc')).toBe('28 05:30')
})

it('writes seconds under the crosshair only if they are not zero', () => {
  expect(crosshairTime(at('2026-11-28T18:30:00Z'), 'utc')).toBe('2026-11-28 18:30')
  expect(crosshairTime(at('2026-11-28T18:30:30Z'), 'utc')).toBe('2026-11-28 18:30:30')
})

it('marks days where they begin in UTC, in the zone of another place', () => {
  const midnight = at('2026-11-28T00:00:00Z')
  expect(tickMark(midnight, TickMarkType.DayOfMonth, 'America/New_York')).toBe('27 19:00')
  expect(crosshairTime(midnight, 'Asia/Kolkata')).toBe('2026-11-28 05:30')
})
