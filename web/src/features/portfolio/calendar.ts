/** The calendar of daily P&L: months of weeks of days, all of UTC. Pure: it adds nothing up. */

import type { PerformanceDay, PerformanceSpan } from '@/api/schema'
import { abs, mulDiv } from '@/decimal'
import { DAY_MS } from '@/features/portfolio/period'

/** A day of the calendar; without P&L if it is not in the period. */
export type CalendarDay = { start: number; dayOfMonth: number; day: PerformanceDay | null }

/** A week from Monday to Sunday; null for days of the neighbouring months. */
export type CalendarWeek = {
  start: number
  days: (CalendarDay | null)[]
  sum: PerformanceSpan | null
}

export type CalendarMonth = { start: number; sum: PerformanceSpan; weeks: CalendarWeek[] }

type Totals = {
  days: readonly PerformanceDay[]
  weeks: readonly PerformanceSpan[]
  months: readonly PerformanceSpan[]
}

const WEEK_DAYS = 7

/** Returns the months of a performance, newest first. */
export function calendarOf({ days, weeks, months }: Totals): CalendarMonth[] {
  const dayAt = new Map(days.map((day) => [day.start, day]))
  const weekAt = new Map(weeks.map((week) => [week.start, week]))
  return months.toReversed().map((sum) => ({
    start: sum.start,
    sum,
    weeks: weeksOf(sum.start).map((start) => ({
      start,
      sum: weekAt.get(start) ?? null,
      days: Array.from({ length: WEEK_DAYS }, (_, i) => {
        const at = start + i * DAY_MS
        if (!isInMonth(at, sum.start)) return null
        return { start: at, dayOfMonth: new Date(at).getUTCDate(), day: dayAt.get(at) ?? null }
      }),
    })),
  }))
}

/** Returns the Mondays of the weeks that a month is in. */
function weeksOf(month: number): number[] {
  const weekday = (new Date(month).getUTCDay() + WEEK_DAYS - 1) % WEEK_DAYS
  const mondays = []
  for (let at = month - weekday * DAY_MS; at < monthAfter(month); at += WEEK_DAYS * DAY_MS) {
    mondays.push(at)
  }
  return mondays
}

function isInMonth(at: number, month: number): boolean {
  return at >= month && at < monthAfter(month)
}

function monthAfter(month: number): number {
  const date = new Date(month)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/** The number of shades of a gain or a loss. */
export const LEVELS = 4n

/** Returns the largest P&L of a day, gained or lost. */
export function largestOf(days: readonly PerformanceDay[]): bigint {
  return days.reduce((largest, { pnlInt }) => {
    const size = abs(BigInt(pnlInt))
    return size > largest ? size : largest
  }, 0n)
}

/** Returns the shade of a P&L, from −4 to 4: zero only for no P&L. */
export function levelOf(pnl: bigint, largest: bigint): number {
  if (pnl === 0n || largest === 0n) return 0
  const level = Number(mulDiv(abs(pnl), LEVELS, largest, 'ceiling'))
  return pnl > 0n ? level : -level
}
