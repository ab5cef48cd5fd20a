import { expect, it } from 'vitest'
import type { PerformanceDay, PerformanceSpan } from '@/api/schema'
import { calendarOf, largestOf, levelOf } from '@/features/portfolio/calendar'
import { DAY_MS } from '@/features/portfolio/period'

const span = (start: number, pnl: string): PerformanceSpan => ({
  start,
  pnl,
  pnlInt: `${pnl}00000000`,
  return: '0',
  returnInt: '0',
})

const day = (start: number, pnl: string): PerformanceDay => ({
  ...span(start, pnl),
  equity: '0',
  equityInt: '0',
})

/** 2026-11-01 was a Sunday. */
const NOVEMBER = Date.UTC(2026, 10, 1)
const OCTOBER = Date.UTC(2026, 9, 1)

it('has the days of each month in weeks from Monday', () => {
  const days = [day(NOVEMBER - DAY_MS, '3'), day(NOVEMBER, '-5'), day(NOVEMBER + DAY_MS, '2')]
  const weeks = [span(NOVEMBER - 6 * DAY_MS, '-2'), span(NOVEMBER + DAY_MS, '2')]
  const months = [span(OCTOBER, '3'), span(NOVEMBER, '-3')]
  const [november, october] = calendarOf({ days, weeks, months })

  expect(november?.start).toBe(NOVEMBER)
  // Sunday the 1st, four whole weeks, and Monday the 30th.
  expect(november?.weeks.map((week) => week.days.filter((cell) => cell !== null).length)).toEqual([
    1, 7, 7, 7, 7, 1,
  ])
  expect(november?.weeks[0]?.days[6]).toEqual({ start: NOVEMBER, dayOfMonth: 1, day: days[1] })
  expect(november?.weeks[1]?.days[1]).toMatchObject({ dayOfMonth: 3, day: null })
  // A week of two months has its whole sum in both.
  expect(november?.weeks[0]?.sum).toBe(weeks[0])
  expect(october?.weeks.at(-1)?.sum).toBe(weeks[0])
  expect(october?.weeks.at(-1)?.days[5]).toMatchObject({ dayOfMonth: 31, day: days[0] })
})

it('shades a day by its part of the largest one', () => {
  const days = [day(0, '-8'), day(1, '4'), day(2, '0')]
  const largest = largestOf(days)
  expect(largest).toBe(800_000_000n)
  const levels = [800n, 600n, 200n, 1n, 0n, -1n, -800n].map((pnl) =>
    levelOf(pnl * 1_000_000n, largest),
  )
  expect(levels).toEqual([4, 3, 1, 1, 0, -1, -4])
  expect(levelOf(5n, 0n)).toBe(0)
  expect(largestOf([])).toBe(0n)
})
