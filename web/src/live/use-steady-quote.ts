import { useEffect, useState } from 'react'
import { type LiveQuote, quoteOf, subscribeQuote } from '@/live/prices'
import type { Asset } from '@/markets'

/** The update interval: fast enough to follow the market, slow enough to read and render. */
const INTERVAL_MS = 100

/** Returns the quote for rendering, updated at most ten times a second. */
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
    // The first quote after a pause is taken immediately, so that rendered and live figures agree.
    const leave = subscribeQuote(asset, () => {
      if (timer === undefined) take()
      else isDue = true
    })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [asset])
  // Right after a change of the asset, the held quote is still the other asset's.
  return held.asset === asset ? held.quote : quoteOf(asset)
}
