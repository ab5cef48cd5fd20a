import { expect, it } from 'vitest'
import { expiryText, readExpiry, timeOf, timesOf } from '@/features/ticket/time-in-force'
import { KINDS } from '@/features/ticket/order-terms'

it('offers what the engine accepts', () => {
  const times = KINDS.map((kind) => timesOf(kind).map(({ value }) => value))
  const all = ['GTC', 'GTX', 'IOC', 'FOK', 'GTD']
  expect(times).toEqual([[], all, ['GTC', 'GTD'], all, ['GTC', 'GTD']])
})

it.each([
  ['LIMIT', 'FOK', 'FOK'],
  ['STOP_MARKET', 'FOK', 'GTC'],
  ['STOP_MARKET', 'GTD', 'GTD'],
  ['MARKET', 'GTD', 'GTC'],
] as const)('a %s order of %s is one of %s', (kind, timeInForce, expected) => {
  expect(timeOf({ kind, timeInForce })).toBe(expected)
})

const NOW = Date.UTC(2026, 10, 30, 12)

it.each([
  ['', null, null],
  ['2026-11-30T12:01', NOW + 60_000, null],
  ['2026-11-30T12:00', null, 'Is in the past'],
  ['2026-11-30', null, 'Enter a date and a time'],
  ['2026-13-30T12:00', null, 'Enter a date and a time'],
])('reads %j in UTC', (text, at, problem) => {
  expect(readExpiry(text, { now: NOW, zone: 'utc' })).toEqual({ at, problem })
})

it('writes a time as it reads it, in either zone', () => {
  for (const zone of ['utc', 'local'] as const) {
    const text = expiryText(NOW, zone)
    expect(readExpiry(text, { now: 0, zone }).at).toBe(NOW)
  }
})
