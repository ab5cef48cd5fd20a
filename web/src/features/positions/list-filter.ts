/** The filters of the lists: what a trader has chosen, and what it means for the API. Pure. */

import type { RecordQuery } from '@/api/records'
import type { TimeZone } from '@/settings'

/** The lists, by the names of their tabs. */
export type ListName = 'open' | 'orders' | 'ended' | 'fills' | 'closed' | 'income'

/** A period: one that ends now, or whole days, of which either end may be open. */
export type Period =
  { preset: 'all' | 'today' | '7d' | '30d' } | { preset: 'custom'; from: string; to: string }

/** The choices; an empty text means all. */
export type ListFilter = {
  asset: string
  side: string
  /** The kind, the reason or the role, whichever the list has. */
  kind: string
  status: string
  period: Period
}

export const NO_FILTER: ListFilter = {
  asset: '',
  side: '',
  kind: '',
  status: '',
  period: { preset: 'all' },
}

export function isFiltered(filter: ListFilter): boolean {
  const { asset, side, kind, status, period } = filter
  return [asset, side, kind, status].some(Boolean) || period.preset !== 'all'
}

const DAYS_BEFORE = { today: 0, '7d': 6, '30d': 29 } as const

/** Returns the ends of a period (Unix ms), of days as the time zone has them; the end is exclusive. */
export function boundsOf(period: Period, zone: TimeZone, now: number) {
  if (period.preset === 'all') return {}
  if (period.preset !== 'custom') return { from: dayOf(now, zone, -DAYS_BEFORE[period.preset]) }
  const [from, to] = [read(period.from, zone, 0), read(period.to, zone, 1)]
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
}

/** Reports whether a custom period ends before it begins. */
export function isBackward(period: Period): boolean {
  if (period.preset !== 'custom' || period.from === '' || period.to === '') return false
  return period.from > period.to
}

/** Returns the beginning of the day that is some days after the one of a time. */
function dayOf(ms: number, zone: TimeZone, later: number): number {
  const date = new Date(ms)
  return zone === 'utc'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + later)
    : new Date(date.getFullYear(), date.getMonth(), date.getDate() + later).getTime()
}

/** Reads a day, `2026-11-30`, and returns the beginning of the one that is some days after it. */
function read(day: string, zone: TimeZone, later: number): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!parts) return null
  const [year, month, date] = [Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later]
  const ms = zone === 'utc' ? Date.UTC(year, month, date) : new Date(year, month, date).getTime()
  return ms >= 0 ? ms : null
}

/** The states of orders that have ended. */
const ENDED = 'FILLED,CANCELED,EXPIRED'

const ROLES = new Set(['MAKER', 'TAKER'])

/** Returns the parameters of the API for a list with a filter. */
export function queryOf(
  list: ListName,
  filter: ListFilter,
  zone: TimeZone,
  now: number,
): RecordQuery {
  const { asset, side, kind, status } = filter
  const some = (name: string, value: string) => (value === '' ? {} : { [name]: value })
  const common = { ...some('asset', asset), ...boundsOf(filter.period, zone, now) }
  switch (list) {
    case 'open':
      return { ...some('asset', asset), ...some('orderType', side) }
    case 'orders':
      return { status: 'NEW', ...common, ...some('side', side), ...some('type', kind) }
    case 'ended':
      return { status: status || ENDED, ...common, ...some('side', side), ...some('type', kind) }
    case 'fills':
      return {
        ...common,
        ...some('side', side),
        ...some(ROLES.has(kind) ? 'role' : 'reason', kind),
      }
    case 'closed':
      return { ...common, ...some('orderType', side), ...some('closeReason', kind) }
    case 'income':
      return { ...common, ...some('kind', kind) }
  }
}
