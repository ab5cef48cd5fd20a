/** The source of the prices: simulated or recorded ones must never pass for market prices. */

/** The source; null until the server has reported it. */
export type PriceSource = 'market' | 'simulation' | 'recording' | null

const BY_FEED: Record<string, PriceSource> = {
  binance: 'market',
  sim: 'simulation',
  replay: 'recording',
}

/** Returns the source after a feed status. `stale` does not change it. */
export function sourceAfter(known: PriceSource, feed: string): PriceSource {
  return feed === 'stale' ? known : (BY_FEED[feed] ?? null)
}
