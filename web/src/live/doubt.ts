/** Detection of prices that are disputed or out of date, at which an order needs a confirmation. */

import { t } from '@lingui/core/macro'
import { useSyncExternalStore } from 'react'
import { connection } from '@/live/connection'
import type { Dispute } from '@/live/frames'
import { quoteOf, subscribeQuote } from '@/live/prices'
import { type Asset, assetInfo } from '@/markets'

/**
 * The age at which a price counts as old, unless the market has its own limit. An active market is
 * never silent for that long.
 */
const OLD_MS = 5_000
const LOOK_MS = 500

/** What disputes are called and mean, in the page's language: known once its texts are loaded. */
export const DISPUTES: Readonly<Record<Dispute, { label: string; about: string }>> = {
  get HELD() {
    return {
      label: t`Price unconfirmed`,
      about: t`The last trades are far from the previous price and are not confirmed yet.`,
    }
  },
  get LATE() {
    return { label: t`Price delayed`, about: t`Trades from the exchange are arriving late.` }
  },
  get SILENT() {
    return { label: t`No trades`, about: t`The exchange has sent no trades for a while.` }
  },
  get PAUSED() {
    return {
      label: t`Market paused`,
      about: t`The price moved too far to be accepted without a check.`,
    }
  },
}

/** Returns the reason to confirm an order at the displayed price; null if there is none. */
export function doubtOf(asset: Asset): string | null {
  const quote = quoteOf(asset)
  if (!quote) return t`No price yet.`
  if (quote.disputed) {
    const { about } = DISPUTES[quote.disputed]
    return t`${about} Opening and closing are paused.`
  }
  const { socket, feed } = connection.get()
  if (feed === 'stale') return t`Prices have stopped; this one may be out of date.`
  const oldMs = assetInfo(asset).stalePriceMs ?? OLD_MS
  const isOld = socket !== 'open' || performance.now() - quote.heardAt > oldMs
  return isOld ? t`This price may be out of date.` : null
}

/** The hook for `doubtOf`, with a delay of at most half a second. */
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
