import { useRef } from 'react'
import type { ApiError } from '@/api/errors'
import type { OpenRequest } from '@/api/schema'
import { randomId } from '@/random-id'
import { useOpenPosition } from '@/trading/queries'

type Sent = { key: string; order: string; request: OpenRequest }

/**
 * Sends an order once. While nobody knows what became of one, the same order goes again as it was,
 * under the same key, so that pressing again can't open a second.
 */
export function useSubmit(onDone: () => void) {
  const open = useOpenPosition()
  const isSending = useRef(false)
  const uncertain = useRef<Sent | null>(null)

  function submit(order: OpenRequest, priceLimit: string): void {
    // A second click comes before the disabled button is painted.
    if (isSending.current) return
    isSending.current = true
    const text = JSON.stringify(order)
    // The price has moved since, and with it the limit: it is the first one's that counts.
    const sent: Sent =
      uncertain.current?.order === text
        ? uncertain.current
        : { key: randomId(), order: text, request: { ...order, priceLimit } }
    open.mutate(
      { request: sent.request, key: sent.key },
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
    isPending: open.isPending,
    error: open.error as ApiError | null,
    reset: () => {
      if (open.isError) open.reset()
    },
  }
}
