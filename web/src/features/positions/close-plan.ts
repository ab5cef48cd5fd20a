/** The settings of the close dialog: the typed texts, the quantity and the price they mean. Pure. */

import { t } from '@lingui/core/macro'
import type { PlaceRequest } from '@/api/schema'
import { print } from '@/decimal'
import { sizeWords } from '@/features/positions/words'
import { assetInfo } from '@/markets'
import { closePrice, isWorse, type Quote } from '@/rules'
import type { Position } from '@/trading/account'
import { type AmountRead, readAbove } from '@/trading/read-amount'

export type CloseDraft = {
  /** The quantity as typed; null for all of the position, whatever it is by then. */
  qtyText: string | null
  isLimit: boolean
  priceText: string
}

export const WHOLE: CloseDraft = { qtyText: null, isLimit: false, priceText: '' }

/** A close that was read without a problem. `price` is the limit price; null at the market. */
export type ClosePlan = { qty: bigint; price: bigint | null }

export type CloseField = 'qty' | 'price'

export type CloseRead = {
  qty: bigint | null
  price: bigint | null
  problems: Partial<Record<CloseField, string>>
  plan: ClosePlan | null
}

export function readClose(position: Position, draft: CloseDraft): CloseRead {
  const qty = readQty(position, draft.qtyText)
  const price = draft.isLimit ? readRequired(draft.priceText, t`Enter a price`) : null
  const isRead = qty.value !== null && price?.value !== null
  return {
    qty: qty.value,
    price: price?.value ?? null,
    problems: {
      ...(qty.problem ? { qty: qty.problem } : {}),
      ...(price?.problem ? { price: price.problem } : {}),
    },
    plan: isRead ? { qty: qty.value, price: price?.value ?? null } : null,
  }
}

function readQty({ asset, qty }: Position, text: string | null): AmountRead {
  if (text === null) return { value: qty }
  const read = readRequired(text, t`Enter a quantity`)
  if (read.value === null || read.value <= qty) return read
  const size = sizeWords(asset, qty)
  return { value: null, problem: t`At most ${size}` }
}

function readRequired(text: string, missing: string): AmountRead {
  return text.trim() === '' ? { value: null, problem: missing } : readAbove(text)
}

/** The prices and the rate at which a close is expected to fill. */
export type Filling = { quote: Quote; feePpm: number; isImmediate: boolean }

/** Returns how a close fills: at the quote, or at a limit price that the quote has to reach. */
export function fillingOf(position: Position, price: bigint | null, quote: Quote): Filling {
  const { makerFeePpm, takerFeePpm } = assetInfo(position.asset)
  const now = closePrice(position.orderType, quote)
  if (price === null || !isWorse(position.orderType, now, price)) {
    return { quote, feePpm: takerFeePpm, isImmediate: true }
  }
  return { quote: { bid: price, ask: price }, feePpm: makerFeePpm, isImmediate: false }
}

/** The order that closes a quantity at a limit price. */
export function limitOrder(
  { orderId, asset, orderType }: Position,
  qty: bigint,
  price: bigint,
  mode: string,
): PlaceRequest {
  return {
    asset,
    side: orderType === 'LONG' ? 'SELL' : 'BUY',
    type: 'LIMIT',
    qty: print(qty),
    price: print(price),
    reduceOnly: true,
    positionId: orderId,
    ...(mode === 'hedge' ? { positionSide: orderType } : {}),
  }
}
