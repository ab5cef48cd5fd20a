/** The acts that undo others, which few need: loaded by the first of them. */

import { t } from '@lingui/core/macro'
import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { AmendRequest, PlacedOrder, PlaceRequest } from '@/api/schema'
import { print } from '@/decimal'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import type { Asset } from '@/markets'
import { randomId } from '@/random-id'
import type { Quote } from '@/rules'
import type { Position, RestingOrder } from '@/trading/account'
import { KIND_NAMES } from '@/trading/orders'
import { applyAnswer, applyPositionAnswer } from '@/trading/queries'
import { toast } from '@/ui/toast'

/** Places canceled orders again, each on its own: the price may have passed some of them. */
export async function placeAgain(orders: readonly PlacedOrder[]): Promise<void> {
  for (const order of orders) {
    const quote = quoteOf(order.asset)
    if (quote && wouldFill(order, quote)) {
      const detail = reachedWords(order.asset, BigInt(order.priceInt ?? '0'))
      toast('warning', t`The order was not placed again`, detail)
      continue
    }
    try {
      // One after the other, so that they have the same order as before.
      // oxlint-disable-next-line no-await-in-loop
      applyPositionAnswer(await api.place(sameTerms(order), randomId()))
    } catch (error) {
      const kind = KIND_NAMES[order.type]
      toast('error', t`${kind}: not placed again`, sentence(error))
    }
  }
}

/** Reports whether an order that rested would now be filled at its arrival. */
export function wouldFill(
  { type, side, priceInt }: Pick<PlacedOrder, 'type' | 'side' | 'priceInt'>,
  { bid, ask }: Quote,
): boolean {
  // The engine refuses a trigger that has been reached, and a post-only order that would take.
  if (type !== 'LIMIT' || priceInt === null) return false
  return side === 'BUY' ? ask <= BigInt(priceInt) : bid >= BigInt(priceInt)
}

/** Returns the request that places an order with the terms of another one. */
export function sameTerms(order: PlacedOrder): PlaceRequest {
  const isWhole = order.qtyInt === '0'
  // A trailing stop that was active begins again at the price of now.
  const isTrailing = order.callbackBps !== null
  const terms = {
    price: order.price,
    triggerPrice: isTrailing && order.activatedAt !== null ? null : order.triggerPrice,
    callbackBps: order.callbackBps,
    leverage: order.reduceOnly || isWhole ? null : order.leverage,
    stopLoss: order.stopLoss,
    takeProfit: order.takeProfit,
    trailingStopBps: order.trailingStopBps,
    priceLimit: order.priceLimit,
    maxSlippageBps: order.maxSlippageBps,
    expiresAt: order.expiresAt,
    positionSide: order.positionSide,
    positionId: order.positionId,
    clientOrderId: order.clientOrderId,
  }
  const given = Object.entries(terms).filter(([, value]) => value !== null && value !== undefined)
  return {
    asset: order.asset,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    ...(isWhole ? { closePosition: true } : { qty: order.qty }),
    ...(order.reduceOnly && !isWhole ? { reduceOnly: true } : {}),
    ...Object.fromEntries(given),
  } as PlaceRequest
}

/** Gives an order the terms back that a change has taken, unless it would be filled with them. */
export async function changeBack(before: RestingOrder, change: AmendRequest): Promise<void> {
  const { orderId, asset, kind, side, price, isActivated } = before
  const quote = quoteOf(asset)
  const type = isActivated && price !== null ? 'LIMIT' : kind
  const failed = t`The order was not changed back`
  if (change.price && quote && wouldFill({ type, side, priceInt: `${price}` }, quote)) {
    toast('warning', failed, reachedWords(asset, price ?? 0n))
    return
  }
  const fields = Object.keys(change) as (keyof AmendRequest)[]
  const terms = Object.fromEntries(fields.map((field) => [field, print(before[field] ?? 0n)]))
  try {
    applyPositionAnswer(await api.amend(orderId, terms))
    toast('success', t`The order is as before`)
  } catch (error) {
    toast('error', failed, sentence(error))
  }
}

function reachedWords(asset: Asset, limit: bigint): string {
  const price = format.price(asset, limit)
  return t`The market has reached its price, ${price}: it would be filled at once.`
}

/** Restores the exits of a position. */
export async function restoreExits({ orderId, stopLoss, takeProfit }: Position): Promise<void> {
  const text = (price: bigint | null) => (price === null ? null : print(price))
  try {
    const request = { stopLoss: text(stopLoss), takeProfit: text(takeProfit) }
    applyAnswer(await api.modify(orderId, request))
    toast('success', t`Take-profit and stop-loss are as before`)
  } catch (error) {
    toast('error', t`Take-profit and stop-loss were not restored`, sentence(error))
  }
}
