/** The fills of a market, as far back as the chart shows. */

import { records } from '@/api/records'
import type { Fill } from '@/api/schema'
import { subscribeAccount } from '@/live/connection'
import type { Asset } from '@/markets'

/** The number of fills that are kept: as many as a chart can show without being covered. */
const FILLS_MAX = 2_000

/**
 * The times after a change of the account at which its fills are fetched: they are stored a moment
 * later, on a busy machine several. The first fetch with something new ends it.
 */
const STORED_MS = [1_500, 3_000, 6_000, 12_000]

export type FillFeed = {
  /** Fetches further back, until fills before this time (Unix s) are known. */
  cover: (fromS: number) => void
  close: () => void
}

/** Fetches the fills, and again after each change of the account. Calls back with all, newest first. */
export function openFills(asset: Asset, onFills: (fills: readonly Fill[]) => void): FillFeed {
  const end = new AbortController()
  let fills: readonly Fill[] = []
  let cursor: string | null = null
  let isComplete = false
  let isBusy = false
  let wanted = Number.POSITIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  let waited = 0

  const reaches = () =>
    isComplete || fills.length >= FILLS_MAX || (fills.at(-1)?.executedAt ?? Infinity) < wanted * 1e3

  /** Fetches older pages one after the other. A failure waits for the next reason to fetch. */
  async function older(): Promise<void> {
    if (isBusy || reaches()) return
    isBusy = true
    try {
      while (!reaches() && !end.signal.aborted) {
        const page = await records.fills({ asset }, cursor, end.signal)
        fills = merged(fills, page.fills)
        cursor = page.nextCursor
        isComplete = cursor === null
        onFills(fills)
      }
    } catch {
      return
    } finally {
      isBusy = false
    }
  }

  /** Fetches the newest page. Returns whether it has something new. */
  async function newest(): Promise<boolean> {
    try {
      const page = await records.fills({ asset }, null, end.signal)
      const isNew = page.fills[0]?.fillId !== fills[0]?.fillId
      if (!isNew) return false
      fills = merged(page.fills, fills)
      onFills(fills)
      return true
    } catch {
      return false
    }
  }

  /** Waits for what a change of the account has filled, if anything. */
  function wait(attempt: number): void {
    const delay = STORED_MS[attempt]
    // Changes that follow one another must not put off the first fetch.
    const isFirst = attempt === 0 && timer !== undefined && waited === 0
    if (delay === undefined || end.signal.aborted || isFirst) return
    clearTimeout(timer)
    waited = attempt
    timer = setTimeout(() => {
      timer = undefined
      void newest().then((isNew) => {
        if (!isNew && timer === undefined) wait(attempt + 1)
      })
    }, delay)
  }

  const leave = subscribeAccount(() => wait(0))
  return {
    cover(fromS) {
      wanted = fromS
      void older()
    },
    close() {
      end.abort()
      leave()
      clearTimeout(timer)
    },
  }
}

/** Joins two lists of fills; both are newest first, and may overlap. */
function merged(newer: readonly Fill[], older: readonly Fill[]): Fill[] {
  const known = new Set(newer.map(({ fillId }) => fillId))
  return [...newer, ...older.filter(({ fillId }) => !known.has(fillId))]
}
