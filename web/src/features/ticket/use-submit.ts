import { useRef } from 'react'
import type { ApiError } from '@/api/errors'
import type { OpenRequest } from '@/api/schema'
import { randomId } from '@/random-id'
import { useOpenPosition } from '@/trading/queries'

type Sent = { key: string; order: string; request: OpenRequest }

/**
 * Sends an order once. While the outcome of an order is unknown, submitting it again repeats the
 * same request with the same key, so that it can't open a second position.
 */
export function useSubmit(onDone: () => void) {
  const open = useOpenPosition()
  const isSending = useRef(false)
  const uncertain = useRef<Sent | null>(null)

  function submit(order: OpenRequest, priceLimit: string): void {
    // A second click can arrive before the button is rendered as disabled.
    if (isSending.current) return
    isSending.current = true
    const text = JSON.stringify(order)
    // A retry keeps the first request's limit, although the price has moved since.
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
