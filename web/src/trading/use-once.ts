import { useRef } from 'react'
import { ApiError } from '@/api/errors'
import { randomId } from '@/random-id'

/** A request with its idempotency key. */
export type Keyed<R> = { request: R; key: string }

/**
 * Returns a function that sends one request at a time. While the outcome of a request is unknown,
 * another one by the same name repeats it with its key, so that it can't take effect twice. The
 * function returns null for a failure, which the mutation shows, and for a second click.
 */
export function useOnce<R, A>(send: (keyed: Keyed<R>) => Promise<A>) {
  const isSending = useRef(false)
  const uncertain = useRef<{ name: string; keyed: Keyed<R> } | null>(null)

  return async function once(name: string, request: R): Promise<A | null> {
    // A second click can arrive before the button is rendered as disabled.
    if (isSending.current) return null
    isSending.current = true
    // A repeated request keeps its price limit, although the price has moved since.
    const known = uncertain.current?.name === name ? uncertain.current.keyed : null
    const keyed = known ?? { request, key: randomId() }
    try {
      const answer = await send(keyed)
      uncertain.current = null
      return answer
    } catch (error) {
      const isUncertain = error instanceof ApiError && error.isUncertain
      uncertain.current = isUncertain ? { name, keyed } : null
      return null
    } finally {
      isSending.current = false
    }
  }
}
