/** Notes outages of the connection and of the prices, once they are over. */

import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import * as format from '@/format'
import { connection, type Connection } from '@/live/connection'
import { notify } from '@/trading/notices'

/** Shorter outages are not noted: a page that was in the background has many. */
const NOTED_MS = 5_000

type Outage = 'connection' | 'prices'

const TITLES: Record<Outage, MessageDescriptor> = {
  connection: msg`The connection was lost`,
  prices: msg`Prices had stopped`,
}

function outageOf({ socket, feed }: Connection): Outage | null {
  if (socket === 'waiting' || socket === 'connecting') return 'connection'
  return socket === 'open' && feed === 'stale' ? 'prices' : null
}

/** Watches until the returned function is called. */
export function watchOutages(now: () => number = Date.now): () => void {
  let current: { outage: Outage; since: number } | null = null
  // The first connection is none that was lost.
  let hasBeenOpen = connection.get().socket === 'open'
  return connection.subscribe(() => {
    const state = connection.get()
    const outage = hasBeenOpen ? outageOf(state) : null
    hasBeenOpen ||= state.socket === 'open'
    if (outage === current?.outage) return
    if (current && now() - current.since >= NOTED_MS) note(current.outage, current.since, now())
    current = outage && { outage, since: now() }
  })
}

function note(outage: Outage, since: number, end: number): void {
  const duration = format.duration(end - since)
  notify({
    kind: 'connection',
    tone: 'warning',
    title: i18n._(TITLES[outage]),
    detail: t`For ${duration}. What happened to your account meanwhile is in this list.`,
    // Every tab notices the same outage.
    id: `outage:${outage}:${Math.round(since / NOTED_MS)}`,
    time: end,
    isQuiet: true,
  })
}
