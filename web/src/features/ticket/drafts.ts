/** Saved order forms, one for each account and market. */

import { currentAccount } from '@/api/client'
import { EMPTY } from '@/features/ticket/draft'
import type { Draft } from '@/features/ticket/evaluate'
import { type Asset, assetInfo } from '@/markets'
import { forTab, load, save } from '@/storage'

const keyOf = (kind: string, asset: Asset) => `${kind}.${currentAccount() ?? 'nobody'}.${asset}`

const isText = (value: unknown): value is string => typeof value === 'string'

const isDraft = (value: unknown): value is Partial<Draft> =>
  typeof value === 'object' && value !== null

/** Loads this tab's form, or an empty one with the last used leverage, kind and units. */
export function loadDraft(asset: Asset): Draft {
  const first = Math.min(Number(EMPTY.leverageText), assetInfo(asset).maxLeverage)
  const leverageText = load(keyOf('leverage', asset), isText, String(first))
  const habits = load(keyOf('habits', asset), isDraft, {})
  const draft = load(keyOf('draft', asset), isDraft, {}, forTab)
  return { ...EMPTY, leverageText, ...habits, ...draft }
}

export function saveDraft(asset: Asset, draft: Draft): void {
  save(keyOf('draft', asset), draft, forTab)
  save(keyOf('leverage', asset), draft.leverageText)
  save(keyOf('habits', asset), habitsOf(draft))
}

/** What a new tab takes over: no amounts, which belong to one order. */
function habitsOf({ kind, sizeUnit, timeInForce, stopLoss, takeProfit }: Draft): Partial<Draft> {
  return {
    kind,
    sizeUnit,
    timeInForce,
    stopLoss: { text: '', unit: stopLoss.unit },
    takeProfit: { text: '', unit: takeProfit.unit },
  }
}
