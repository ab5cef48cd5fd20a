import { useRef, useState } from 'react'
import { doubtOf, useDoubt } from '@/live/doubt'
import type { Asset } from '@/markets'

/** The minimum time between two presses, so that a double click does not confirm. */
const THOUGHT_MS = 500

/** Requires a second press while the price is out of date or disputed. */
export function useSecondPress(asset: Asset) {
  const doubt = useDoubt(asset)
  const [isAsked, setIsAsked] = useState(false)
  const askedAt = useRef(0)
  if (isAsked && doubt === null) setIsAsked(false)
  return {
    doubt,
    isAsked: isAsked && doubt !== null,
    /** Reports whether this press may send the order; if not, asks for another press. */
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
