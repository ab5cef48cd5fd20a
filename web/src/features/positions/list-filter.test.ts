import { describe, expect, it } from 'vitest'
import {
  boundsOf,
  isBackward,
  isFiltered,
  type ListFilter,
  type ListName,
  NO_FILTER,
  queryOf,
} from '@/features/positions/list-filter'

/** 2026-03-01 00:30 in UTC. */
const NOW = Date.UTC(2026, 2, 1, 0, 30)
const DAY = 86_400_000
const MIDNIGHT = Date.UTC(2026, 2, 1)

describe('a period', () => {
  it('is of whole days of the time zone', () => {
    const custom = (from: string, to: string) => ({ preset: 'custom', from, to }) as const
    expect(boundsOf({ preset: 'all' }, 'utc', NOW)).toEqual({})
    expect(boundsOf({ preset: 'today' }, 'utc', NOW)).toEqual({ from: MIDNIGHT })
    expect(boundsOf({ preset: '7d' }, 'utc', NOW)).toEqual({ from: MIDNIGHT - 6 * DAY })
    expect(boundsOf({ preset: '30d' }, 'utc', NOW)).toEqual({ from: MIDNIGHT - 29 * DAY })
    // The last day is part of it.
    expect(boundsOf(custom('2026-02-28', '2026-02-28'), 'utc', NOW)).toEqual({
      from: MIDNIGHT - DAY,
      to: MIDNIGHT,
    })
    expect(boundsOf(custom('', '2026-03-01'), 'utc', NOW)).toEqual({ to: MIDNIGHT + DAY })
    expect(boundsOf(custom('', ''), 'utc', NOW)).toEqual({})
    expect(boundsOf({ preset: 'today' }, 'local', NOW)).toEqual({
      from: new Date(new Date(NOW).setHours(0, 0, 0, 0)).getTime(),
    })
  })

  it('that ends before it begins is told', () => {
    expect(isBackward({ preset: 'custom', from: '2026-03-02', to: '2026-03-01' })).toBe(true)
    expect(isBackward({ preset: 'custom', from: '2026-03-01', to: '2026-03-01' })).toBe(false)
    expect(isBackward({ preset: 'custom', from: '2026-03-02', to: '' })).toBe(false)
    expect(isBackward({ preset: 'today' })).toBe(false)
  })
})

describe('a filter', () => {
  const some: ListFilter = { ...NO_FILTER, asset: 'BTCUSDT', side: 'BUY', kind: 'X' }
  const rows: [ListName, ListFilter, object][] = [
    ['open', { ...some, side: 'LONG' }, { asset: 'BTCUSDT', orderType: 'LONG' }],
    ['orders', some, { status: 'NEW', asset: 'BTCUSDT', side: 'BUY', type: 'X' }],
    ['ended', NO_FILTER, { status: 'FILLED,CANCELED,EXPIRED' }],
    ['ended', { ...NO_FILTER, status: 'EXPIRED' }, { status: 'EXPIRED' }],
    ['fills', { ...some, kind: 'MAKER' }, { asset: 'BTCUSDT', side: 'BUY', role: 'MAKER' }],
    ['fills', { ...NO_FILTER, kind: 'MARGIN_CALL' }, { reason: 'MARGIN_CALL' }],
    [
      'closed',
      { ...NO_FILTER, side: 'SHORT', kind: 'MANUAL' },
      { orderType: 'SHORT', closeReason: 'MANUAL' },
    ],
    [
      'income',
      { ...NO_FILTER, kind: 'COMMISSION', period: { preset: 'today' } },
      { kind: 'COMMISSION', from: MIDNIGHT },
    ],
  ]
  it.each(rows)('of the list %s %j is asked for by %j', (list, filter, expected) => {
    expect(queryOf(list, filter, 'utc', NOW)).toEqual(expected)
  })

  it('is none without a choice', () => {
    expect(isFiltered(NO_FILTER)).toBe(false)
    expect(isFiltered({ ...NO_FILTER, side: 'BUY' })).toBe(true)
    expect(isFiltered({ ...NO_FILTER, period: { preset: '7d' } })).toBe(true)
  })
})
