import { expect, it } from 'vitest'
import { sorted } from '@/features/positions/sort'

it('sorts both ways and keeps the order of equal rows', () => {
  const rows = [
    ['a', 2n],
    ['b', 1n],
    ['c', 2n],
  ] as const
  const by = (descending: boolean) =>
    sorted(rows, { by: 'n', descending }, (row) => row[1]).map(([name]) => name)
  expect(by(false)).toEqual(['b', 'a', 'c'])
  expect(by(true)).toEqual(['a', 'c', 'b'])
})
