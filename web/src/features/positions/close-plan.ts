/** What the close dialog is set to: what was typed, what it closes, at which price. Pure. */

import type { PlaceRequest } from '@/api/schema'
import { parse, print } from '@/decimal'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { closePrice, isWorse, type Quote } from '@/rules'
import type { Position } from '@/trading/account'

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

/** An amount, or the problem with it. */
type Read = { value: bigint; problem?: never } | { value: null; problem: string }

export type CloseRead = {
  qty: bigint | null
  price: bigint | null
  problems: Partial<Record<CloseField, string>>
  plan: ClosePlan | null
}

export function readClose(position: Position, draft: CloseDraft): CloseRead {
  const qty = readQty(position, draft.qtyText)
  const price = draft.isLimit ? readAbove(draft.priceText, 'Enter a price') : null
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

function readQty({ asset, qty }: Position, text: string | null): Read {
  if (text === null) return { value: qty }
  const read = readAbove(text, 'Enter a quantity')
  if (read.value === null || read.value <= qty) return read
  const { base } = assetInfo(asset)
  return { value: null, problem: `At most ${format.qty(asset, qty)} ${base}` }
}

/** Reads an amount above zero. */
function readAbove(text: string, missing: string): Read {
  if (text.trim() === '') return { value: null, problem: missing }
  const parsed = parse(text)
  if (!parsed.ok) return { value: null, problem: format.capitalized(parsed.problem) }
  return parsed.value > 0n ? parsed : { value: null, problem: 'Must be above zero' }
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
