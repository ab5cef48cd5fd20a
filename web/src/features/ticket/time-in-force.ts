/** How long an order rests. Pure. */

import { t } from '@lingui/core/macro'
import type { TimeInForce } from '@/api/schema'
import * as format from '@/format'
import type { Clock, Kind } from '@/features/ticket/order-terms'
import type { TimeZone } from '@/settings'

type Time = { value: TimeInForce; label: string; title: string }

/** The times in force of a kind, as the engine accepts them; none for a market order. */
export function timesOf(kind: Kind): readonly Time[] {
  if (kind === 'MARKET') return []
  const untilCanceled: Time = { value: 'GTC', label: 'GTC', title: t`Good till canceled` }
  const untilDate: Time = { value: 'GTD', label: 'GTD', title: t`Good till a date and time` }
  if (kind !== 'LIMIT' && kind !== 'STOP') return [untilCanceled, untilDate]
  return [
    untilCanceled,
    { value: 'GTX', label: t`Post only`, title: t`Refused if it would fill at once` },
    { value: 'IOC', label: 'IOC', title: t`Fills at once or expires` },
    // The house fills whole, so that both mean the same; programs know them as two.
    { value: 'FOK', label: 'FOK', title: t`Fills whole and at once, or expires` },
    untilDate,
  ]
}

/** The time in force of a draft: that which was chosen, if its kind has it. */
export function timeOf({ kind, timeInForce }: { kind: Kind; timeInForce: TimeInForce }) {
  return timesOf(kind).some(({ value }) => value === timeInForce) ? timeInForce : 'GTC'
}

/** An end, or the problem with its text; neither for an empty field. */
export type Expiry = { at: number | null; problem: string | null }

/** Reads date and time, `2026-12-01T18:30`, in a zone. */
export function readExpiry(text: string, { now, zone }: Clock): Expiry {
  if (text.trim() === '') return { at: null, problem: null }
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)
  const at = isTime ? Date.parse(zone === 'utc' ? `${text}Z` : text) : Number.NaN
  if (Number.isNaN(at)) return { at: null, problem: t`Enter a date and a time` }
  if (at <= now) return { at: null, problem: t`Is in the past` }
  return { at, problem: null }
}

/** Writes a time as a field for date and time has it. */
export function expiryText(ms: number, zone: TimeZone): string {
  const { year, month, day, hour, minute } = format.dateParts(ms, zone)
  return `${year}-${month}-${day}T${hour}:${minute}`
}
