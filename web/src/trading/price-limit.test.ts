import { expect, it } from 'vitest'
import { exact, print } from '@/decimal'
import { closeLimit, openLimit, readTolerance } from '@/trading/price-limit'

const quote = { bid: exact('99.95'), ask: exact('100.05') }
const half = exact('0.005')

it('is worse than the price by at most the tolerance', () => {
  expect(print(openLimit('LONG', quote, half))).toBe('100.55025')
  expect(print(openLimit('SHORT', quote, half))).toBe('99.45025')
  expect(print(closeLimit('LONG', quote, half))).toBe('99.45025')
  expect(print(closeLimit('SHORT', quote, half))).toBe('100.55025')
  expect(openLimit('LONG', { bid: 1n, ask: 3n }, half)).toBe(3n)
  expect(closeLimit('LONG', { bid: 3n, ask: 4n }, half)).toBe(3n)
})

it.each([
  ['0.5', exact('0.005')],
  ['0,5', null],
  ['0', 0n],
  ['10', exact('0.1')],
  ['10.01', null],
  ['-1', null],
  ['', null],
  ['1,234', null],
])('tolerance %j', (text, share) => {
  expect(readTolerance(text)).toBe(share)
})
