/** What may be said of the prices: made-up or recorded ones must never pass for the market's. */

/** Null as long as the server has not said it. */
export type PriceSource = 'market' | 'simulation' | 'recording' | null

const BY_FEED: Record<string, PriceSource> = {
  binance: 'market',
  sim: 'simulation',
  replay: 'recording',
}

/** The source after a word about the feed: `stale` says nothing of where the prices came from. */
export function sourceAfter(known: PriceSource, feed: string): PriceSource {
  return feed === 'stale' ? known : (BY_FEED[feed] ?? null)
}
