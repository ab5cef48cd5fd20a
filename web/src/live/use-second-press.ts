import { useRef, useState } from 'react'
import type { Asset } from '@/assets'
import { doubtOf, useDoubt } from '@/live/doubt'

/** The second half of a double click is no second thought. */
const THOUGHT_MS = 500

/** Asks for a second press where the page knows its price to be old or disputed. */
export function useSecondPress(asset: Asset) {
  const doubt = useDoubt(asset)
  const [isAsked, setIsAsked] = useState(false)
  const askedAt = useRef(0)
  if (isAsked && doubt === null) setIsAsked(false)
  return {
    doubt,
    isAsked: isAsked && doubt !== null,
    /** Whether this press may send; if not, it asks for another. */
    press(): boolean {
      if (doubtOf(asset) === null) return true
      if (isAsked) return performance.now() - askedAt.current > THOUGHT_MS
      askedAt.current = performance.now()
      setIsAsked(true)
      return false
    },
    forget: () => setIsAsked(false),
  }
}
