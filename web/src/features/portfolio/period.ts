/** The period that a portfolio shows, as it is in the page's address. Days are those of UTC. Pure. */

export const DAY_MS = 86_400_000

export const PRESETS = ['7d', '30d', '90d', 'all'] as const

export type Preset = (typeof PRESETS)[number]

/** A preset, or days from the first to the last one, as `2026-11-30`. */
export type Period = { preset: Preset } | { first: string; last: string }

const DEFAULT: Period = { preset: '30d' }

const DAYS: Record<Exclude<Preset, 'all'>, number> = { '7d': 7, '30d': 30, '90d': 90 }

/** Reads the period from an address; the default one if there is none, or a wrong one. */
export function readPeriod(search: URLSearchParams): Period {
  const preset = PRESETS.find((each) => each === search.get('period'))
  if (preset) return { preset }
  const [first, last] = [search.get('from'), search.get('to')]
  return first !== null && last !== null && isPeriod(first, last) ? { first, last } : DEFAULT
}

/** Returns the part of an address that names a period. */
export function writePeriod(period: Period): URLSearchParams {
  return 'preset' in period
    ? new URLSearchParams({ period: period.preset })
    : new URLSearchParams({ from: period.first, to: period.last })
}

/** Reports whether two texts are days, of which the second is not before the first. */
export function isPeriod(first: string, last: string): boolean {
  const [begin, end] = [beginning(first), beginning(last)]
  return begin !== null && end !== null && begin <= end
}

/** Returns the bounds of a period in Unix ms; none where it has none. The end is exclusive. */
export function boundsOf(period: Period, now: number): { from?: number; to?: number } {
  if (!('preset' in period)) {
    const [from, last] = [beginning(period.first) ?? 0, beginning(period.last) ?? now]
    return { from, to: last + DAY_MS }
  }
  if (period.preset === 'all') return {}
  // Whole days, of which today is the last one.
  return { from: (Math.floor(now / DAY_MS) - DAYS[period.preset] + 1) * DAY_MS }
}

/** Returns the day of a time in UTC, as `2026-11-30`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Returns the time at which a day begins, or null for a text that is no day. */
function beginning(day: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  return Number.isNaN(ms) || ms < 0 ? null : ms
}
