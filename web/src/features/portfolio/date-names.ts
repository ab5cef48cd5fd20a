/** The names of months and weekdays in the page's language. */

import * as format from '@/format'
import { locale } from '@/locale'

/** The language that dates are named in; days come before months in the English of this page. */
export const DATE_LOCALE = locale === 'en' ? 'en-GB' : locale

const MONTH = new Intl.DateTimeFormat(DATE_LOCALE, {
  timeZone: 'UTC',
  month: 'long',
  year: 'numeric',
})

/** Returns the name of the month of a time, with its year: `November 2026`. */
export function monthName(ms: number): string {
  return format.capitalized(MONTH.format(ms))
}

/** The first week since 1970 from Monday to Sunday. */
const WEEK = [5, 6, 7, 8, 9, 10, 11].map((day) => Date.UTC(1970, 0, day))

const weekdaysIn = (weekday: 'short' | 'long') => {
  const names = new Intl.DateTimeFormat(DATE_LOCALE, { timeZone: 'UTC', weekday })
  return WEEK.map((ms) => format.capitalized(names.format(ms)))
}

const LONG_NAMES = weekdaysIn('long')

/** The weekdays from Monday on, in short and in full: `Mon`, `Monday`. */
export const WEEKDAYS = weekdaysIn('short').map((short, i) => [short, LONG_NAMES[i]] as const)
