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

it('writes the day with its time where the zone’s day begins at another one', () => {
  // As the time is in a zone of half an hour: what matters is that it is no midnight.
  expect(tickMark(at('2026-11-28T05:30:00Z'), TickMarkType.DayOfMonth, 'utc')).toBe('28 05:30')
})

it('writes seconds under the crosshair only where there are some', () => {
  expect(crosshairTime(at('2026-11-28T18:30:00Z'), 'utc')).toBe('2026-11-28 18:30')
  expect(crosshairTime(at('2026-11-28T18:30:30Z'), 'utc')).toBe('2026-11-28 18:30:30')
})
