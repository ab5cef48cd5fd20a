/** Applies account events from the socket to the query cache and notifies subscribers. */

import type { Fill } from '@/api/schema'
import type { OrderEvent, PlacedEvent } from '@/live/frames'
import { connection, subscribeAccount, subscribeGaps } from '@/live/connection'
import { queryClient } from '@/query-client'
import {
  type ClosedPosition,
  type Position,
  readClosed,
  readPosition,
  withBalance,
  withOrder,
  withPlaced,
} from '@/trading/account'
import { accountQuery, refetchAccount, updateAccount } from '@/trading/queries'

export type AccountNews =
  | { kind: 'opened' | 'modified'; position: Position }
  /** With the quantity that was open at last; null if it is not known. */
  | { kind: 'closed'; position: ClosedPosition; last: bigint | null }
  | { kind: 'fill'; fill: Fill }
  | ({ kind: 'order' } & PlacedEvent)

const listeners = new Set<(news: AccountNews) => void>()

/** Calls back for each change of a position or an order by any client or the engine, and each fill. */
export function subscribeNews(listener: (news: AccountNews) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Starts the synchronization. Returns a function that stops it. */
export function syncAccount(): () => void {
  const leaveAccount = subscribeAccount((frame) => {
    if (frame.type === 'balance_update') {
      updateAccount((account) => withBalance(account, frame.account))
      return
    }
    if (frame.type === 'fill') return tell({ kind: 'fill', fill: frame.fill })
    if (frame.type === 'placed_update') {
      const { event, order } = frame
      updateAccount((account) => withPlaced(account, order))
      tell({ kind: 'order', event, order })
      return
    }
    const news = newsOf(frame)
    updateAccount((account) => withOrder(account, frame))
    tell(news)
  })
  const leaveGaps = subscribeGaps(() => {
    // Without a user, the page only receives prices and is about to go to sign-in.
    if (connection.get().userId) refetchAccount()
  })
  return () => {
    leaveAccount()
    leaveGaps()
  }
}

function tell(news: AccountNews): void {
  for (const listener of listeners) listener(news)
}

function newsOf(event: OrderEvent): AccountNews {
  if (event.event === 'ORDER_CLOSED') {
    const position = readClosed(event.order)
    const known = queryClient.getQueryData(accountQuery.queryKey)?.positions
    const before = known?.find(({ orderId }) => orderId === position.orderId)
    return { kind: 'closed', position, last: before?.qty ?? null }
  }
  const kind = event.event === 'ORDER_OPENED' ? 'opened' : 'modified'
  return { kind, position: readPosition(event.order) }
}
