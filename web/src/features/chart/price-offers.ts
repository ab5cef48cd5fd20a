/** What can be ordered at a price of the chart. Pure. */

import { t } from '@lingui/core/macro'
import type { OrderSide } from '@/api/schema'
import type { Quote } from '@/rules'

export type Offer = { side: OrderSide; kind: 'LIMIT' | 'STOP_MARKET' }

/** Returns the orders that would wait at a price: limits on their side of the market, and stops. */
export function offersAt(price: bigint, { bid, ask }: Quote): Offer[] {
  const offer = (side: OrderSide, kind: Offer['kind']): Offer => ({ side, kind })
  return [
    ...(price < ask ? [offer('BUY', 'LIMIT')] : []),
    ...(price > bid ? [offer('SELL', 'LIMIT')] : []),
    ...(price > ask ? [offer('BUY', 'STOP_MARKET')] : []),
    ...(price < bid ? [offer('SELL', 'STOP_MARKET')] : []),
  ]
}

/** The words of an offer. */
export function offerWords({ side, kind }: Offer, price: string): string {
  if (kind === 'LIMIT') return side === 'BUY' ? t`Buy limit at ${price}` : t`Sell limit at ${price}`
  return side === 'BUY' ? t`Buy stop at ${price}` : t`Sell stop at ${price}`
}
