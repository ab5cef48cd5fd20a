import { describe, expect, it } from 'vitest'
import { boundsOf, DAY_MS, readPeriod, writePeriod } from '@/features/portfolio/period'

/** 2026-11-30 15:00 UTC. */
const NOW = Date.UTC(2026, 10, 30, 15)
const TODAY = Date.UTC(2026, 10, 30)

describe('the period of an address', () => {
  it.each([
    ['period=7d', { preset: '7d' }],
    ['period=all', { preset: 'all' }],
    ['from=2026-11-01&to=2026-11-30', { first: '2026-11-01', last: '2026-11-30' }],
    ['from=2026-11-30&to=2026-11-30', { first: '2026-11-30', last: '2026-11-30' }],
    ['', { preset: '30d' }],
    ['period=1y', { preset: '30d' }],
    ['from=2026-11-30&to=2026-11-01', { preset: '30d' }],
    ['from=2026-02-31x&to=2026-11-01', { preset: '30d' }],
    ['from=1969-01-01&to=2026-11-01', { preset: '30d' }],
  ])('%s', (address, period) => {
    expect(readPeriod(new URLSearchParams(address))).toEqual(period)
  })

  it('survives being written', () => {
    for (const address of ['period=90d', 'from=2026-11-01&to=2026-11-02']) {
      expect(writePeriod(readPeriod(new URLSearchParams(address))).toString()).toBe(address)
    }
  })
})

it('begins and ends with days of UTC, of which today is the last one', () => {
  expect(boundsOf({ preset: '7d' }, NOW)).toEqual({ from: TODAY - 6 * DAY_MS })
  expect(boundsOf({ preset: '90d' }, NOW)).toEqual({ from: TODAY - 89 * DAY_MS })
  expect(boundsOf({ preset: 'all' }, NOW)).toEqual({})
  const days = { first: '2026-11-01', last: '2026-11-30' }
  expect(boundsOf(days, NOW)).toEqual({ from: Date.UTC(2026, 10, 1), to: TODAY + DAY_MS })
})
