/** Fills the notices in from the server's records: what was missed, and what has just happened. */

import { api } from '@/api/client'
import { newsOfExpired, newsOfFill, newsOfFunding } from '@/features/notices/words'
import { subscribeAccount, subscribeGaps } from '@/live/connection'
import { keepNotices, type News, notices } from '@/trading/notices'

/** The time after a change in which its rows are stored. */
const STORED_MS = 1_500
/** Rows may be stored out of order; what is found again is known by its id. */
const OVERLAP_MS = 60_000
/** The most rows of each kind that are looked at; more would not be kept. */
const ROWS_MAX = 100
/** The rows that are looked at on the first visit of a browser, which counts them as read. */
const FIRST_ROWS = 20

/** Keeps the notices in step with the server until the returned function is called. */
export function startSync(): () => void {
  const begun = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void fetchMissed(begun)
    }, STORED_MS)
  }
  void fetchMissed(begun)
  const ends = [subscribeAccount(soon), subscribeGaps(soon)]
  return () => {
    clearTimeout(timer)
    for (const end of ends) end()
  }
}

/**
 * Fetches what happened since the last time. A failure is made up for by the next fetch. `begun` is when
 * the page was opened: what a browser that knows nothing yet finds from before it counts as read.
 */
export async function fetchMissed(begun: number): Promise<void> {
  const { syncedTo } = notices.get()
  const isFirst = syncedTo === null
  const from = isFirst ? 0 : Math.max(0, syncedTo - OVERLAP_MS)
  const limit = isFirst ? FIRST_ROWS : ROWS_MAX
  try {
    const [fills, fundings, expired] = await Promise.all([
      api.fillsSince(from, limit),
      api.fundingsSince(from, limit),
      api.expiredOrders(FIRST_ROWS),
    ])
    const news: News[] = [
      ...fills.map(newsOfFill),
      ...fundings.map(newsOfFunding),
      ...expired.map(newsOfExpired).filter((each) => each !== null),
    ].filter(({ time = 0 }) => time >= from)
    const newest = Math.max(syncedTo ?? 0, ...news.map(({ time = 0 }) => time))
    keepNotices(news, { readBefore: isFirst ? begun : 0, syncedTo: newest })
  } catch {
    // The outage is told elsewhere.
  }
}
