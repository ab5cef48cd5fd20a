/** An order that another part of the page proposes to the order form, which fills itself with it. */

import type { OrderKind, OrderSide } from '@/api/schema'
import type { Asset } from '@/markets'
import { createStore } from '@/store'

/** What is missing stays as it is in the form. */
export type ProposedOrder = {
  asset: Asset
  side?: OrderSide
  kind?: Exclude<OrderKind, 'TAKE_PROFIT_MARKET' | 'TAKE_PROFIT'>
  price?: bigint
  /** The id of the field that gets the focus: the size, unless it is another one. */
  field?: string
}

/** The proposal that no form has taken yet. */
export const proposal = createStore<ProposedOrder | null>(null)

export function propose(order: ProposedOrder): void {
  proposal.set(order)
}
