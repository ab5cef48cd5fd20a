import { expect, it } from 'vitest'
import { score } from '@/features/palette/fuzzy'

const TEXTS = ['Close all positions', 'Cancel all orders', 'Buy (long)', 'BTC USDT Bitcoin', 'Help']

const best = (query: string) =>
  TEXTS.map((text) => ({ text, points: score(query, text) }))
    .filter(({ points }) => points !== null)
    .toSorted((a, b) => (b.points ?? 0) - (a.points ?? 0))
    .map(({ text }) => text)

it.each([
  ['close', ['Close all positions']],
  ['cap', ['Close all positions']],
  ['cao', ['Cancel all orders', 'Close all positions']],
  ['all', ['Close all positions', 'Cancel all orders']],
  ['orders cancel', ['Cancel all orders']],
  ['btc', ['BTC USDT Bitcoin']],
  ['BIT', ['BTC USDT Bitcoin']],
  ['zzz', []],
])('finds by %j', (query, expected) => {
  const found = best(query)
  expect(found.slice(0, expected.length).toSorted()).toEqual(expected.toSorted())
  expect(found.length === 0).toBe(expected.length === 0)
})

it('prefers the start of a word, and letters side by side', () => {
  const points = (query: string, text: string) => score(query, text) ?? -Infinity
  expect(points('or', 'orders')).toBeGreaterThan(points('or', 'major'))
  expect(points('ord', 'orders')).toBeGreaterThan(points('ord', 'of redo'))
  expect(points('h', 'Help')).toBeGreaterThan(points('h', 'Switch'))
})
