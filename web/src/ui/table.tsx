/** A dense table whose columns can be sorted by. Knows nothing of what is in it. */

import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

export type Sort<K extends string> = { by: K; descending: boolean }

export type Column<Row, K extends string> = {
  key: K
  label: ReactNode
  cell: (row: Row) => ReactNode
  align?: 'left' | 'right'
  sortable?: boolean
  className?: string
}

type TableProps<Row, K extends string> = {
  label: string
  columns: readonly Column<Row, K>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  sort?: Sort<K>
  onSort?: (sort: Sort<K>) => void
  rowClass?: (row: Row) => string
}

export function Table<Row, K extends string>(props: TableProps<Row, K>) {
  const { label, columns, rows, rowKey, sort, onSort, rowClass } = props
  return (
    <table aria-label={label} className="w-full border-collapse text-xs">
      <thead className="sticky top-0 z-10 bg-panel">
        <tr>
          {columns.map((column) => {
            const direction = sort?.by === column.key ? sort.descending : null
            return (
              <th
                key={column.key}
                scope="col"
                aria-sort={direction === null ? undefined : direction ? 'descending' : 'ascending'}
                className={cx(
                  'h-8 px-3 font-normal whitespace-nowrap text-faint',
                  column.align === 'right' ? 'text-right' : 'text-left',
                  column.className,
                )}
              >
                {column.sortable && onSort ? (
                  <button
                    type="button"
                    className="inline-flex items-center gap-0.5 hover:text-ink"
                    onClick={() => onSort({ by: column.key, descending: direction !== true })}
                  >
                    {column.label}
                    <span className="inline-block w-3">
                      {direction === true && <ArrowDown size={12} aria-hidden />}
                      {direction === false && <ArrowUp size={12} aria-hidden />}
                    </span>
                  </button>
                ) : (
                  column.label
                )}
              </th>
            )
          })}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            className={cx('border-t border-line hover:bg-raised', rowClass?.(row))}
          >
            {columns.map((column) => (
              <td
                key={column.key}
                className={cx(
                  'h-10 px-3 whitespace-nowrap',
                  column.align === 'right' ? 'text-right' : 'text-left',
                  column.className,
                )}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
