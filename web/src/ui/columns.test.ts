import { expect, it } from 'vitest'
import { arranged, AS_DEFINED, ordered, withMoved, withToggled } from '@/ui/columns'

const COLUMNS = [
  { key: 'what', isFixed: true },
  { key: 'a' },
  { key: 'b' },
  { key: 'c' },
  { key: 'acts', isFixed: true },
]
const keys = (columns: { key: string }[]) => columns.map(({ key }) => key).join(' ')

it('columns stand as they are defined until they are moved', () => {
  expect(keys(arranged(COLUMNS, AS_DEFINED))).toBe('what a b c acts')
  const moved = withMoved(COLUMNS, AS_DEFINED, 'c', -1)
  expect(keys(arranged(COLUMNS, moved))).toBe('what a c b acts')
  expect(keys(arranged(COLUMNS, withMoved(COLUMNS, moved, 'c', -1)))).toBe('what c a b acts')
})

it('no column is moved past the ends, and fixed ones stay', () => {
  expect(withMoved(COLUMNS, AS_DEFINED, 'a', -1)).toBe(AS_DEFINED)
  expect(withMoved(COLUMNS, AS_DEFINED, 'c', 1)).toBe(AS_DEFINED)
  expect(withMoved(COLUMNS, AS_DEFINED, 'acts', -1)).toBe(AS_DEFINED)
})

it('hidden columns keep their place', () => {
  const without = withToggled(AS_DEFINED, 'b')
  expect(keys(arranged(COLUMNS, without))).toBe('what a c acts')
  expect(keys(ordered(COLUMNS, without))).toBe('what a b c acts')
  expect(withToggled(without, 'b')).toEqual(AS_DEFINED)
  // A fixed column can't be hidden, whatever is stored.
  expect(keys(arranged(COLUMNS, { order: [], hidden: ['acts'] }))).toBe('what a b c acts')
})

it('a layout from before a column was added shows it where it is defined', () => {
  expect(keys(arranged(COLUMNS, { order: ['c', 'a'], hidden: [] }))).toBe('what c b a acts')
  expect(keys(arranged(COLUMNS, { order: ['gone', 'b', 'a'], hidden: ['gone'] }))).toBe(
    'what b a c acts',
  )
})
