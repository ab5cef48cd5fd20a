/** The state of the order form and its changes. */

import { type Draft, entryOf, type SizeUnit } from '@/features/ticket/evaluate'
import {
  evenShares,
  type Exit,
  type ExitUnit,
  type Level,
  levelsOf,
} from '@/features/ticket/levels'
import type { Kind } from '@/features/ticket/order-terms'
import { convertSize, textForShare } from '@/features/ticket/size'
import type { AssetInfo } from '@/markets'
import type { Quote, Side } from '@/rules'
import type { ExitName } from '@/trading/exits'

export type Action =
  | { type: 'side'; side: Side }
  | { type: 'size'; text: string }
  | { type: 'sizeUnit'; unit: SizeUnit }
  | { type: 'share'; percent: number }
  | { type: 'leverage'; text: string }
  | { type: 'kind'; kind: Kind }
  | { type: 'terms'; terms: Partial<Pick<Draft, TermsKey>> }
  | { type: 'reduceOnly'; isReduceOnly: boolean }
  /** Changes a level of an exit, of which the first has the index 0. */
  | { type: 'exit'; exit: ExitName; index?: number; level: Partial<Level> }
  | { type: 'exitUnit'; exit: ExitName; unit: ExitUnit }
  | { type: 'addLevel'; exit: ExitName }
  | { type: 'removeLevel'; exit: ExitName; index: number }
  /** Resets the form after an order: clears the size and exits, keeps leverage and units. */
  | { type: 'done' }

type TermsKey = 'priceText' | 'triggerText' | 'callbackText' | 'timeInForce' | 'expiresText'

/** The market data that a change may depend on. */
export type Market = {
  info: AssetInfo
  quote: Quote | null
  free: bigint | null
  /** The size of the position that the order reduces. */
  reduces?: bigint | null
}

const NO_EXIT: Exit = { text: '', unit: 'price' }

export const EMPTY: Draft = {
  orderType: 'LONG',
  kind: 'MARKET',
  priceText: '',
  triggerText: '',
  callbackText: '1',
  timeInForce: 'GTC',
  expiresText: '',
  isReduceOnly: false,
  sizeText: '',
  sizeUnit: 'base',
  share: null,
  leverageText: '10',
  stopLoss: NO_EXIT,
  takeProfit: NO_EXIT,
}

export function reduce(draft: Draft, action: Action, market: Market): Draft {
  switch (action.type) {
    case 'side':
      // A valid stop price of a long is on the wrong side for a short.
      return draft.orderType === action.side
        ? draft
        : sized({ ...withoutPrices(draft), orderType: action.side }, market)
    case 'size':
      return { ...draft, sizeText: action.text, share: shareIn(draft, action.text) }
    case 'sizeUnit':
      return changeUnit(draft, action.unit, market)
    case 'share':
      return sized({ ...draft, share: action.percent }, market)
    case 'leverage':
      return sized({ ...draft, leverageText: action.text }, market)
    case 'kind':
      return sized({ ...draft, kind: action.kind }, market)
    case 'terms':
      return sized({ ...draft, ...action.terms }, market)
    case 'reduceOnly':
      // A share is one of something else then.
      return draft.share === null
        ? { ...draft, isReduceOnly: action.isReduceOnly }
        : { ...draft, isReduceOnly: action.isReduceOnly, sizeText: '', share: null }
    case 'exit':
      return withLevels(draft, action.exit, (levels) =>
        levels.map((level, i) =>
          i === (action.index ?? 0) ? { ...level, ...action.level } : level,
        ),
      )
    case 'exitUnit':
      return { ...draft, [action.exit]: { ...NO_EXIT, unit: action.unit } }
    case 'addLevel':
      return withLevels(draft, action.exit, (levels) =>
        evenly([...levels, { text: '', share: '' }]),
      )
    case 'removeLevel':
      return withLevels(draft, action.exit, (levels) =>
        evenly(levels.filter((_, i) => i !== action.index)),
      )
    case 'done':
      return {
        ...draft,
        sizeText: '',
        share: null,
        priceText: '',
        triggerText: '',
        stopLoss: { ...NO_EXIT, unit: draft.stopLoss.unit },
        takeProfit: { ...NO_EXIT, unit: draft.takeProfit.unit },
      }
  }
}

function withLevels(
  draft: Draft,
  exit: ExitName,
  change: (levels: readonly Level[]) => readonly Level[],
): Draft {
  const { unit } = draft[exit]
  const [first, ...more] = change(levelsOf(draft[exit]))
  if (!first) return draft
  return {
    ...draft,
    [exit]: more.length === 0 ? { text: first.text, unit } : { ...first, unit, more },
  }
}

function evenly(levels: readonly Level[]): Level[] {
  const shares = evenShares(levels.length)
  return levels.map((level, i) => ({ ...level, share: shares[i] ?? '' }))
}

/** The position of the slider for a typed share. */
function shareIn({ sizeUnit }: Draft, text: string): number | null {
  const isWhole = sizeUnit === 'share' && /^\d{1,3}$/.test(text)
  return isWhole && Number(text) <= 100 ? Number(text) : null
}

/** Recomputes a size that was chosen as a share of the free margin. */
function sized(draft: Draft, { info, quote, free, reduces = null }: Market): Draft {
  if (draft.share === null || !quote || (free === null && reduces === null)) return draft
  const entry = entryOf(draft, info, quote)
  const sizeText = textForShare(draft, info, entry, { free, reduces }, draft.share)
  return { ...draft, sizeText }
}

function changeUnit(draft: Draft, unit: SizeUnit, market: Market): Draft {
  const { info, quote, free, reduces = null } = market
  if (!quote) return { ...draft, sizeUnit: unit, sizeText: '' }
  const entry = entryOf(draft, info, quote)
  const sizeText = convertSize(draft, info, entry, unit, { free, reduces })
  return { ...draft, sizeUnit: unit, sizeText }
}

/** Without the exits that are prices, which are right for one side only. */
function withoutPrices(draft: Draft): Draft {
  const cleared = (exit: Exit) => (exit.unit === 'price' ? { ...NO_EXIT } : exit)
  return { ...draft, stopLoss: cleared(draft.stopLoss), takeProfit: cleared(draft.takeProfit) }
}
