/** An order that another part of the page proposes to the order form, which fills itself with it. */

import type { OrderSide } from '@/api/schema'
import type { Asset } from '@/markets'
import { createStore } from '@/store'

export type ProposedOrder = {
  asset: Asset
  side: OrderSide
  kind: 'LIMIT' | 'STOP_MARKET'
  price: bigint
}

/** The proposal that no form has taken yet. */
export const proposal = createStore<ProposedOrder | null>(null)

export function propose(order: ProposedOrder): void {
  proposal.set(order)
}
