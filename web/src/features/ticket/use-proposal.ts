import { useEffect, useEffectEvent } from 'react'
import { SIZE_ID } from '@/features/ticket/field-ids'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { proposal, type ProposedOrder } from '@/trading/proposal'

/** Takes orders that another part of the page proposes, and goes to what they lack, mostly the size. */
export function useProposal(asset: Asset, onTake: (order: ProposedOrder) => void): void {
  const proposed = useStore(proposal)
  const take = useEffectEvent(onTake)
  useEffect(() => {
    if (proposed?.asset !== asset) return
    proposal.set(null)
    take(proposed)
    const field = document.querySelector<HTMLElement>(`#${proposed.field ?? SIZE_ID}`)
    // After the menu, from which it came, has closed and moved the focus.
    requestAnimationFrame(() => field?.focus())
  }, [proposed, asset])
}
