import { useEffect } from 'react'
import { mid } from '@/features/markets/day-stats'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { type Asset, assetInfo } from '@/markets'

/** The update interval; faster changes of the title are distracting. */
const INTERVAL_MS = 1_000

/** Shows the price in the document title, visible while another tab is open. */
export function usePriceTitle(asset: Asset): void {
  useEffect(() => {
    const before = document.title
    const write = () => {
      const quote = quoteOf(asset)
      const price = quote ? `${format.price(asset, mid(quote))} ` : ''
      document.title = `${price}${assetInfo(asset).base} · Velox`
    }
    write()
    const timer = setInterval(write, INTERVAL_MS)
    return () => {
      clearInterval(timer)
      document.title = before
    }
  }, [asset])
}
