/** Sorting of table rows. */

import type { Sort } from '@/ui/table'

type Key = bigint | number | string

/** Returns the rows sorted by a key. Stable; does not change its input. */
export function sorted<Row, K extends string>(
  rows: readonly Row[],
  sort: Sort<K>,
  keyOf: (row: Row, by: K) => Key,
): Row[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row, sort.by) }))
  const sign = sort.descending ? -1 : 1
  keyed.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -sign : sign))
  return keyed.map(({ row }) => row)
}
