/** The state of the order form and its changes. */

import {
  convertSize,
  type Draft,
  entryOf,
  type ExitUnit,
  type SizeUnit,
  sizeForShare,
} from '@/features/ticket/evaluate'
import type { Kind } from '@/features/ticket/order-terms'
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
  | { type: 'exit'; exit: ExitName; text: string }
  | { type: 'exitUnit'; exit: ExitName; unit: ExitUnit }
  /** Resets the form after an order: clears the size and exits, keeps leverage and units. */
  | { type: 'done' }

type TermsKey = 'priceText' | 'triggerText' | 'callbackText' | 'timeInForce'

/** The market data that a change may depend on. */
export type Market = { info: AssetInfo; quote: Quote | null; free: bigint | null }

export const EMPTY: Draft = {
  orderType: 'LONG',
  kind: 'MARKET',
  priceText: '',
  triggerText: '',
  callbackText: '1',
  timeInForce: 'GTC',
  isReduceOnly: false,
  sizeText: '',
  sizeUnit: 'base',
  share: null,
  leverageText: '10',
  stopLoss: { text: '', unit: 'price' },
  takeProfit: { text: '', unit: 'price' },
}

export function reduce(draft: Draft, action: Action, market: Market): Draft {
  switch (action.type) {
    case 'side':
      // A valid stop price of a long is on the wrong side for a short.
      return draft.orderType === action.side
        ? draft
        : sized({ ...withoutPrices(draft), orderType: action.side }, market)
    case 'size':
      return { ...draft, sizeText: action.text, share: null }
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
      return { ...draft, isReduceOnly: action.isReduceOnly, share: null }
    case 'exit':
      return { ...draft, [action.exit]: { ...draft[action.exit], text: action.text } }
    case 'exitUnit':
      return { ...draft, [action.exit]: { text: '', unit: action.unit } }
    case 'done':
      return {
        ...draft,
        sizeText: '',
        share: null,
        priceText: '',
        triggerText: '',
        stopLoss: { ...draft.stopLoss, text: '' },
        takeProfit: { ...draft.takeProfit, text: '' },
      }
  }
}

/** Recomputes a size that was chosen as a share of the free margin. */
function sized(draft: Draft, { info, quote, free }: Market): Draft {
  if (draft.share === null || !quote || free === null) return draft
  return { ...draft, sizeText: sizeForShare(draft, info, quote, free, draft.share) }
}

function changeUnit(draft: Draft, unit: SizeUnit, { info, quote }: Market): Draft {
  if (!quote) return { ...draft, sizeUnit: unit, sizeText: '' }
  const entry = entryOf(draft, info, quote)
  return { ...draft, sizeUnit: unit, sizeText: convertSize(draft, info, entry, unit) }
}

function withoutPrices(draft: Draft): Draft {
  const cleared = (exit: Draft['stopLoss']) =>
    exit.unit === 'price' ? { ...exit, text: '' } : exit
  return { ...draft, stopLoss: cleared(draft.stopLoss), takeProfit: cleared(draft.takeProfit) }
}
