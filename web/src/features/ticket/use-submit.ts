import { useRef } from 'react'
import type { ApiError } from '@/api/errors'
import type { PlaceRequest } from '@/api/schema'
import { randomId } from '@/random-id'
import { usePlaceOrder } from '@/trading/queries'

type Sent = { key: string; order: string; request: PlaceRequest }

/**
 * Sends an order once. While the outcome of an order is unknown, submitting it again repeats the
 * same request with the same key, so that it can't open a second position.
 */
export function useSubmit(onDone: () => void) {
  const place = usePlaceOrder()
  const isSending = useRef(false)
  const uncertain = useRef<Sent | null>(null)

  /** `limit` is the worst price of a market order; `leverage` is set before. */
  function submit(order: PlaceRequest, limit: string | null, leverage: number | null): void {
    // A second click can arrive before the button is rendered as disabled.
    if (isSending.current) return
    isSending.current = true
    const text = JSON.stringify(order)
    // A retry keeps the first request's limit, although the price has moved since.
    const sent: Sent =
      uncertain.current?.order === text
        ? uncertain.current
        : {
            key: randomId(),
            order: text,
            request: limit === null ? order : { ...order, priceLimit: limit },
          }
    place.mutate(
      { request: sent.request, key: sent.key, leverage },
      {
        onSuccess() {
          uncertain.current = null
          onDone()
        },
        onError(error) {
          uncertain.current = (error as ApiError).isUncertain ? sent : null
        },
        onSettled() {
          isSending.current = false
        },
      },
    )
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
