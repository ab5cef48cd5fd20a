/**
 * The account history, derived from positions: the margin taken by each opening, the amount
 * returned by each close, and the balance after it. Computed backward from the current balance, so
 * it is exact where there are no fees and fundings. Those of a position count at its close, or at
 * its opening while it is open; the statement (`income-list.tsx`) has each at its own time.
 */

import type { CloseReason } from '@/api/schema'
import type { Asset } from '@/markets'
import {
  type Account,
  type ClosedPosition,
  costsOf,
  netPnl,
  type Position,
} from '@/trading/account'

export type Entry = {
  id: string
  time: number
  kind: 'OPENED' | CloseReason
  position: Position
  asset: Asset
  /** The change of the free balance. */
  change: bigint
  pnl: bigint | null
  /** The free balance after the change. */
  balance: bigint
}

/** Returns the entries, newest first. `isComplete`: `closed` contains all closed positions. */
export function ledger(
  account: Account,
  closed: readonly ClosedPosition[],
  isComplete: boolean,
): Entry[] {
  const opening = (position: Position, change: bigint) => ({
    id: `${position.orderId}-opened`,
    time: position.createdAt,
    kind: 'OPENED' as const,
    position,
    asset: position.asset,
    change,
    pnl: null,
  })
  const opened = [
    ...account.positions.map((position) => opening(position, -position.margin - costsOf(position))),
    ...closed.map((position) => opening(position, -position.margin)),
  ]
  const closes = closed.map((position) => ({
    id: `${position.orderId}-closed`,
    time: position.closedAt,
    kind: position.closeReason,
    position,
    asset: position.asset,
    change: position.margin + netPnl(position),
    pnl: netPnl(position),
  }))
  // Entries before the oldest loaded close may be incomplete.
  const since = isComplete ? 0 : Math.min(...closed.map((position) => position.closedAt))
  const entries = [...opened, ...closes]
    .filter((entry) => entry.time >= since)
    .toSorted((a, b) => b.time - a.time || (a.kind === 'OPENED' ? 1 : -1))
  let balance = account.free
  return entries.map((entry) => {
    const after = balance
    balance -= entry.change
    return { ...entry, balance: after }
  })
}
