import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import type { Fill } from '@/api/schema'
import { fetchMissed } from '@/features/notices/sync'
import { setMarkets } from '@/markets'
import { market } from '@/testkit'
import { notices, openNotices, unreadOf } from '@/trading/notices'

const HOUR_MS = 3_600_000
/** When the page was opened. */
const BEGUN = 1.5 * HOUR_MS

const fill = (id: string, executedAt: number) =>
  ({
    fillId: id,
    asset: 'BTCUSDT',
    side: 'BUY',
    qtyInt: '1',
    priceInt: '1',
    realizedPnLInt: '0',
    reason: null,
    executedAt,
  }) as Fill

let leave: () => void

beforeEach(() => {
  localStorage.clear()
  setMarkets([market('BTCUSDT')])
  vi.spyOn(api, 'fundingsSince').mockResolvedValue([])
  vi.spyOn(api, 'expiredOrders').mockResolvedValue([])
  leave = openNotices('one')
})

afterEach(() => leave())

it('takes the past of a new browser as read, and what follows as unread, once', async () => {
  const fills = vi.spyOn(api, 'fillsSince').mockResolvedValue([fill('a', HOUR_MS)])
  await fetchMissed(BEGUN)
  expect(unreadOf(notices.get())).toBe(0)
  expect(notices.get().syncedTo).toBe(HOUR_MS)

  fills.mockResolvedValue([fill('b', 2 * HOUR_MS), fill('a', HOUR_MS)])
  await fetchMissed(BEGUN)
  await fetchMissed(BEGUN)
  expect(fills.mock.calls[1]?.[0]).toBe(HOUR_MS - 60_000)
  expect(notices.get().list.map(({ id }) => id)).toEqual(['fill:b', 'fill:a'])
  expect(unreadOf(notices.get())).toBe(1)
})

it('takes what happens while the page is opened as unread', async () => {
  vi.spyOn(api, 'fillsSince').mockResolvedValue([fill('b', 2 * HOUR_MS), fill('a', HOUR_MS)])
  await fetchMissed(BEGUN)
  expect(notices.get().list.map(({ id, isRead }) => [id, isRead])).toEqual([
    ['fill:b', false],
    ['fill:a', true],
  ])
})

it('makes up for a failure with the next fetch', async () => {
  const fills = vi.spyOn(api, 'fillsSince').mockRejectedValue(new Error('away'))
  await fetchMissed(BEGUN)
  expect(notices.get()).toEqual({ list: [], syncedTo: null })
  fills.mockResolvedValue([])
  await fetchMissed(BEGUN)
  expect(notices.get().syncedTo).toBe(0)
  fills.mockResolvedValue([fill('a', HOUR_MS)])
  await fetchMissed(BEGUN)
  expect(unreadOf(notices.get())).toBe(1)
})
