import { useEffect } from 'react'
import { type Asset, assetInfo } from '@/assets'
import { mid } from '@/features/markets/day-stats'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'

/** Faster is unrest in the corner of one's eye. */
const INTERVAL_MS = 1_000

/** The price in the tab's title, for when one looks at another. */
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
