/** Applies account events from the socket to the query cache and notifies subscribers. */

import type { OrderEvent, PlacedEvent } from '@/live/frames'
import { connection, subscribeAccount, subscribeGaps } from '@/live/connection'
import {
  type ClosedPosition,
  type Position,
  readClosed,
  readPosition,
  withBalance,
  withOrder,
  withPlaced,
} from '@/trading/account'
import { refetchAccount, updateAccount } from '@/trading/queries'

export type AccountNews =
  | { kind: 'opened' | 'modified'; position: Position }
  | { kind: 'closed'; position: ClosedPosition }
  | ({ kind: 'order' } & PlacedEvent)

const listeners = new Set<(news: AccountNews) => void>()

/** Calls back for each change of a position or an order by any client or the engine. */
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
    if (frame.type === 'placed_update') {
      const { event, order } = frame
      updateAccount((account) => withPlaced(account, order))
      tell({ kind: 'order', event, order })
      return
    }
    updateAccount((account) => withOrder(account, frame))
    tell(newsOf(frame))
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
  if (event.event === 'ORDER_CLOSED') return { kind: 'closed', position: readClosed(event.order) }
  const kind = event.event === 'ORDER_OPENED' ? 'opened' : 'modified'
  return { kind, position: readPosition(event.order) }
}
