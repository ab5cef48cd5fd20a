import { useEffect, useState } from 'react'
import { type Action, type Market, reduce } from '@/features/ticket/draft'
import { loadDraft, saveDraft } from '@/features/ticket/drafts'
import {
  type Draft,
  evaluate,
  type Evaluation,
  nettedWith,
  reducedBy,
} from '@/features/ticket/evaluate'
import { useMode } from '@/features/ticket/use-mode'
import { useMark } from '@/live/marks'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { type Asset, assetInfo } from '@/markets'
import type { Side } from '@/rules'
import { settings } from '@/settings'
import { useStore } from '@/store'
import type { Position } from '@/trading/account'
import { useAccount } from '@/trading/queries'
import { useClock } from '@/ui/use-clock'

/** The state of a market's order form, and what it means at the present price. */
export function useTicket(asset: Asset, side: Side) {
  const info = assetInfo(asset)
  const quote = useSteadyQuote(asset)
  const mark = useMark(asset)
  const account = useAccount().data ?? null
  const { mode, leverage: setLeverage } = useMode(info)
  const { timeZone: zone } = useStore(settings)
  const now = useClock()
  const [draft, setDraft] = useState<Draft>(() => loadDraft(asset))
  const [knownLeverage, setKnownLeverage] = useState<number | null>(null)

  const free = account?.free ?? null
  const held = heldOf(account?.positions ?? [], asset, mode, draft)
  const reduces = reducedBy(draft, mode, nettedWith(draft, mode, held))
  const market: Market = { info, quote, free, reduces }
  const change = (action: Action) => setDraft((current) => reduce(current, action, market))

  // The side can also change from outside, by a keyboard shortcut.
  if (draft.orderType !== side) setDraft(reduce(draft, { type: 'side', side }, market))

  // Where orders are netted, the account has one leverage in the market, also from elsewhere.
  if (setLeverage !== knownLeverage) {
    setKnownLeverage(setLeverage)
    if (setLeverage !== null) setDraft({ ...draft, leverageText: String(setLeverage) })
  }

  useEffect(() => saveDraft(asset, draft), [asset, draft])
  const around = { held, clock: { now, zone } }
  const evaluation: Evaluation = evaluate(draft, info, quote, free, mark, mode, around)
  const isReducing = draft.isReduceOnly && mode !== 'separate'
  const { leverage } = evaluation
  const isOther = setLeverage !== null && leverage !== setLeverage && !isReducing
  return {
    info,
    quote,
    mark,
    account,
    mode,
    draft,
    change,
    evaluation,
    isReducing,
    /** The leverage to set before the order is sent. */
    leverageToSet: isOther ? leverage : null,
  }
}

/** The position that an order of this draft meets, where orders are netted. */
function heldOf(
  positions: readonly Position[],
  asset: Asset,
  mode: string,
  { orderType, isReduceOnly }: Draft,
): Position | null {
  if (mode === 'separate') return null
  const own = positions.filter((position) => position.asset === asset)
  if (mode === 'one_way') return own[0] ?? null
  return own.find((position) => (position.orderType === orderType) !== isReduceOnly) ?? null
}
