/** Whether the page knows its price to be one that nobody should trade at unasked. */

import { useSyncExternalStore } from 'react'
import type { Asset } from '@/assets'
import { connection } from '@/live/connection'
import type { Dispute } from '@/live/frames'
import { quoteOf, subscribeQuote } from '@/live/prices'

/** More than a market that is traded at all is silent for. */
const OLD_MS = 5_000
const LOOK_MS = 500

export const DISPUTES: Record<Dispute, { label: string; about: string }> = {
  HELD: {
    label: 'Price unconfirmed',
    about: 'The last trades are far from the price before and are not confirmed yet.',
  },
  LATE: { label: 'Price late', about: 'Trades arrive late from the exchange.' },
  SILENT: { label: 'No trades', about: 'The exchange has sent no trades for a while.' },
  PAUSED: {
    label: 'Market paused',
    about: 'The price moved further than is believed without a check.',
  },
}

/** Why an order at the shown price should not be sent unasked; null when nothing is against it. */
export function doubtOf(asset: Asset): string | null {
  const quote = quoteOf(asset)
  if (!quote) return null
  if (quote.disputed)
    return `${DISPUTES[quote.disputed].about} Nothing is opened or closed meanwhile.`
  const { socket, feed } = connection.get()
  if (feed === 'stale') return 'Prices have stopped, and this one may be old.'
  const isOld = socket !== 'open' || performance.now() - quote.heardAt > OLD_MS
  return isOld ? 'This price may be old: no newer one has come.' : null
}

/** The same for a component, at most half a second late. */
export function useDoubt(asset: Asset): string | null {
  return useSyncExternalStore(
    (listener) => watch(asset, listener),
    () => doubtOf(asset),
  )
}

export function useDispute(asset: Asset): Dispute | null {
  return useSyncExternalStore(
    (listener) => subscribeQuote(asset, listener),
    () => quoteOf(asset)?.disputed ?? null,
  )
}

function watch(asset: Asset, listener: () => void): () => void {
  const ends = [subscribeQuote(asset, listener), connection.subscribe(listener)]
  const timer = setInterval(listener, LOOK_MS)
  return () => {
    clearInterval(timer)
    for (const end of ends) end()
  }
}
