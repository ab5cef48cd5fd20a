import { useEffect, useState } from 'react'
import type { Asset } from '@/assets'
import { type LiveQuote, quoteOf, subscribeQuote } from '@/live/prices'

/** Fast enough to follow the market, slow enough to read and to compute a form with. */
const INTERVAL_MS = 100

/** The quote for what is rendered from it, ten times a second at most. */
export function useSteadyQuote(asset: Asset): LiveQuote | null {
  const [held, setHeld] = useState(() => ({ asset, quote: quoteOf(asset) }))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isDue = false
    const take = () => {
      isDue = false
      setHeld({ asset, quote: quoteOf(asset) })
      timer = setTimeout(() => {
        timer = undefined
        if (isDue) take()
      }, INTERVAL_MS)
    }
    // The first after a pause at once: what is rendered and what is written live must agree.
    const leave = subscribeQuote(asset, () => {
      if (timer === undefined) take()
      else isDue = true
    })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [asset])
  // Right after a change of the asset, what is held is still the other one's.
  return held.asset === asset ? held.quote : quoteOf(asset)
}
