import type { ApiError } from '@/api/errors'
import type { PlaceRequest } from '@/api/schema'
import { usePlaceOrder } from '@/trading/queries'
import { type Keyed, useOnce } from '@/trading/use-once'

/**
 * Sends an order once. While the outcome of an order is unknown, submitting it again repeats the
 * same request with the same key, so that it can't open a second position. `leverage` is set before.
 */
export function useSubmit(leverage: number | null) {
  const place = usePlaceOrder()
  const placeOnce = useOnce(({ request, key }: Keyed<PlaceRequest>) =>
    place.mutateAsync({ request, key, leverage }),
  )

  /** Resolves to whether the order was taken. `limit` is the worst price of a market order. */
  async function submit(order: PlaceRequest, limit: string | null): Promise<boolean> {
    const request = limit === null ? order : { ...order, priceLimit: limit }
    return (await placeOnce(JSON.stringify(order), request)) !== null
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
