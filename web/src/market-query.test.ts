import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Market } from '@/api/schema'
import { marketsQuery } from '@/market-query'
import { markets, noteSymbol } from '@/markets'
import { queryClient } from '@/query-client'
import { market } from '@/testkit'

let listed: Market[] = []
let fetches = 0

beforeEach(async () => {
  vi.useFakeTimers()
  listed = [market('BTCUSDT')]
  vi.stubGlobal('fetch', async () => {
    fetches += 1
    return Response.json({ markets: listed })
  })
  await queryClient.query(marketsQuery)
  fetches = 0
})

afterEach(() => {
  queryClient.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const symbols = () => markets.get().map(({ asset }) => asset)

it('loads the list again, once, when unlisted symbols arrive', async () => {
  expect(symbols()).toEqual(['BTCUSDT'])
  listed = [...listed, market('NEWUSDT'), market('NEXTUSDT')]
  noteSymbol('NEWUSDT')
  noteSymbol('NEXTUSDT')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(symbols()).toEqual(['BTCUSDT', 'NEWUSDT', 'NEXTUSDT'])
  expect(fetches).toBe(1)
})

it('does not load it again for a symbol that stays unlisted', async () => {
  noteSymbol('GONEUSDT')
  await vi.advanceTimersByTimeAsync(1_000)
  noteSymbol('GONEUSDT')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(fetches).toBe(1)
})

it('keeps the list when it can’t be loaded, and when the cache is cleared', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ error: 'No.' }, { status: 500 }))
  noteSymbol('LATEUSDT')
  await vi.advanceTimersByTimeAsync(1_000)
  queryClient.clear()
  expect(symbols()).toEqual(['BTCUSDT'])
})
