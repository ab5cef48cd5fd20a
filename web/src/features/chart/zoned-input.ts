/** Times as the browser's own fields for date and time write them, in the trader's zone. */

import { dateParts, zoneOffset } from '@/format'
import type { TimeZone } from '@/settings'

/** Formats a time (Unix s) for a field: `2026-11-30T14:45`. */
export function toInput(timeS: number, zone: TimeZone): string {
  const { year, month, day, hour, minute } = dateParts(timeS * 1_000, zone)
  return `${year}-${month}-${day}T${hour}:${minute}`
}

/** Reads the text of a field as a time (Unix s); null if it is none. */
export function fromInput(text: string, zone: TimeZone): number | null {
  const asUtc = Date.parse(`${text}Z`)
  if (Number.isNaN(asUtc)) return null
  // The offset is that of the time sought: twice, since it may change in between.
  const guess = asUtc - zoneOffset(zone, asUtc) * 60_000
  return (asUtc - zoneOffset(zone, guess) * 60_000) / 1_000
}
