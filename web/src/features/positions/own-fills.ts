/** The latest fills, for the announcements of what they did. */

import type { Fill } from '@/api/schema'

/** How long an announcement waits for its fill, which comes right after the change of the account. */
const FILL_MS = 1_000
const KEPT_MAX = 20

/** Newest first: a response may come after the fill of which it tells. */
let latest: readonly Fill[] = []
const waiting = new Set<(fill: Fill) => void>()

export function noteFill(fill: Fill): void {
  latest = [fill, ...latest].slice(0, KEPT_MAX)
  for (const hear of waiting) hear(fill)
}

/** Calls back once with the fill that is meant, or with null if it does not come in time. */
export function withFill(
  isMeant: (fill: Fill) => boolean,
  then: (fill: Fill | null) => void,
): void {
  const known = latest.find(isMeant)
  if (known) return then(known)
  const end = (fill: Fill | null) => {
    waiting.delete(hear)
    clearTimeout(timer)
    then(fill)
  }
  const hear = (fill: Fill) => {
    if (isMeant(fill)) end(fill)
  }
  const timer = setTimeout(() => end(null), FILL_MS)
  waiting.add(hear)
}
