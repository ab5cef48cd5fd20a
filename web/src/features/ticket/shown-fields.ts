import { hasPrice, hasTrigger, type TermsDraft } from '@/features/ticket/order-terms'
import { timeOf } from '@/features/ticket/time-in-force'

/** Returns the fields that the form of an order shows, by the names of the API. Pure. */
export function shownFields(draft: TermsDraft, isReducing: boolean): string[] {
  const { kind } = draft
  const isShown: Record<string, boolean> = {
    qty: true,
    leverage: !isReducing,
    takeProfit: !isReducing,
    stopLoss: !isReducing,
    price: hasPrice(kind),
    triggerPrice: hasTrigger(kind),
    callbackBps: kind === 'TRAILING_STOP_MARKET',
    expiresAt: timeOf(draft) === 'GTD',
  }
  return Object.keys(isShown).filter((field) => isShown[field])
}
