/** Formatting of times on the chart, whose library writes them in UTC. */

import { TickMarkType } from 'lightweight-charts'
import { dateParts, dateTime } from '@/format'
import { locale } from '@/locale'
import type { TimeZone } from '@/settings'

/** The short names of months; in British English one has four letters. */
const MONTH = new Intl.DateTimeFormat(locale === 'en' ? 'en-US' : locale, {
  month: 'short',
  timeZone: 'UTC',
})
const MONTHS = Array.from({ length: 12 }, (_, month) => MONTH.format(Date.UTC(2000, month)))

/** Formats the time under the crosshair. `timeS` is the start of a candle, Unix s. */
export function crosshairTime(timeS: number, zone: TimeZone): string {
  return dateTime(timeS * 1_000, zone).replace(/:00$/, '')
}

/**
 * Formats a mark of the time axis. Days, months and years are marked where they begin in UTC; if
 * that is not midnight in the zone, the time is added to the day.
 */
export function tickMark(timeS: number, type: TickMarkType, zone: TimeZone): string {
  const { year, month, day, hour, minute, second } = dateParts(timeS * 1_000, zone)
  if (type === TickMarkType.TimeWithSeconds) return `${hour}:${minute}:${second}`
  if (type === TickMarkType.Time) return `${hour}:${minute}`
  if (hour !== '00' || minute !== '00') return `${Number(day)} ${hour}:${minute}`
  if (type === TickMarkType.DayOfMonth || day !== '01') return String(Number(day))
  return type === TickMarkType.Year && month === '01' ? year : (MONTHS[Number(month) - 1] ?? month)
}
