import type { ApiError } from '@/api/errors'
import type { PlaceRequest } from '@/api/schema'
import type { LaterLevel, Mode } from '@/features/ticket/evaluate'
import { placeAfter } from '@/features/ticket/level-orders'
import type { Side } from '@/rules'
import { usePlaceOrder } from '@/trading/queries'
import { type Keyed, useOnce } from '@/trading/use-once'

/** An order as it was when its button was pressed. */
export type Sending = {
  order: PlaceRequest
  /** The worst price of a market order. */
  limit: string | null
  /** The leverage to set before, where it is a setting. */
  leverage: number | null
  later: readonly LaterLevel[]
  side: Side
  mode: Mode
}

/**
 * Sends an order once, and then its levels. While the outcome of an order is unknown, submitting it
 * again repeats the same request with the same key, so that it can't open a second position.
 */
export function useSubmit() {
  const place = usePlaceOrder()
  const placeOnce = useOnce(({ request, key }: Keyed<Omit<Sending, 'later' | 'side' | 'mode'>>) => {
    const { order, limit, leverage } = request
    const sent = limit === null ? order : { ...order, priceLimit: limit }
    return place.mutateAsync({ request: sent, key, leverage })
  })

  /** Resolves to whether the order was taken. */
  async function submit({ later, side, mode, ...sending }: Sending): Promise<boolean> {
    const answer = await placeOnce(JSON.stringify(sending.order), sending)
    if (!answer) return false
    if (later.length > 0) placeAfter(answer, later, { asset: sending.order.asset, side, mode })
    return true
  }

  return {
    submit,
    isPending: place.isPending,
    error: place.error as ApiError | null,
    reset: () => {
      if (place.isError) place.reset()
    },
  }
}
