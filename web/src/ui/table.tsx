/**
 * A dense, scrolling table with sortable columns. Only visible rows are rendered. Independent of
 * its content.
 */

import { ArrowDown, ArrowUp } from 'lucide-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { cx } from '@/ui/class-names'

export type Sort<K extends string> = { by: K; descending: boolean }

export type Column<Row, K extends string> = {
  key: K
  label: ReactNode
  cell: (row: Row) => ReactNode
  align?: 'left' | 'right'
  sortable?: boolean
  /** A class with the width, so that columns do not move when figures change. */
  width: string
}

/** Returns a column whose cells are aligned to the right, as those of numbers are. */
export function right<Row, Key extends string>(
  key: Key,
  width: string,
  label: ReactNode,
  cell: Column<Row, Key>['cell'],
): Column<Row, Key> {
  return { key, width, label, cell, align: 'right' }
}

type TableProps<Row, K extends string> = {
  label: string
  /** The width below which the table scrolls sideways. */
  minWidth?: string
  /** Lets columns grow where a cell is wider than its width, at the expense of the others. */
  grows?: boolean
  columns: readonly Column<Row, K>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  sort?: Sort<K>
  onSort?: (sort: Sort<K>) => void
  rowClass?: (row: Row) => string
  /** Content below the last row. */
  footer?: ReactNode
}

/** The height of a row with its border, in pixels. */
const ROW_HEIGHT = 41
const OVERSCAN = 6

export function Table<Row, K extends string>(props: TableProps<Row, K>) {
  const {
    label,
    minWidth,
    grows = false,
    columns,
    rows,
    rowKey,
    sort,
    onSort,
    rowClass,
    footer,
  } = props
  const box = useRef<HTMLDivElement>(null)
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoizes this component
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  })
  const shown = virtualizer.getVirtualItems()
  const above = shown[0]?.start ?? 0
  const below = virtualizer.getTotalSize() - (shown.at(-1)?.end ?? 0)

  return (
    <div ref={box} className="min-h-0 flex-1 overflow-auto [contain:strict]">
      <table
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className={cx(
          'w-full border-collapse text-xs',
          grows ? 'table-auto' : 'table-fixed',
          minWidth,
        )}
      >
        <thead className="sticky top-0 z-10 bg-panel">
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {shown.map(({ index }) => {
            const row = rows[index]
            return (
              row !== undefined && (
                <tr
                  key={rowKey(row)}
                  aria-rowindex={index + 2}
                  className={cx('h-[41px] border-t border-line hover:bg-raised', rowClass?.(row))}
                >
                  {columns.map((column) => (
                    <td
                      key={column.key}
                      className={cx(
                        'px-3 whitespace-nowrap',
                        column.align === 'right' ? 'text-right' : 'text-left',
                      )}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              )
            )
          })}
          <Gap height={below} />
        </tbody>
      </table>
      {footer}
    </div>
  )
}

/** A placeholder for the rows that are scrolled out of view. */
function Gap({ height }: { height: number }) {
  return height > 0 && <tr aria-hidden style={{ height }} />
}

type HeadingProps<Row, K extends string> = {
  column: Column<Row, K>
  sort: Sort<K> | undefined
  onSort: ((sort: Sort<K>) => void) | undefined
}

function Heading<Row, K extends string>({ column, sort, onSort }: HeadingProps<Row, K>) {
  const direction = sort?.by === column.key ? sort.descending : null
  return (
    <th
      scope="col"
      aria-sort={direction === null ? undefined : direction ? 'descending' : 'ascending'}
      className={cx(
        'h-8 px-3 align-middle font-normal whitespace-nowrap text-faint',
        column.align === 'right' ? 'text-right' : 'text-left',
        column.width,
      )}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          className={cx(
            'inline-flex items-center gap-0.5 align-middle hover:text-ink',
            // The arrow is on the inner side, so that the label is aligned with its figures.
            column.align === 'right' && 'flex-row-reverse',
          )}
          onClick={() => onSort({ by: column.key, descending: direction !== true })}
        >
          {column.label}
          <span className="inline-flex h-4 w-3 items-center">
            {direction === true && <ArrowDown size={12} aria-hidden />}
            {direction === false && <ArrowUp size={12} aria-hidden />}
          </span>
        </button>
      ) : (
        column.label
      )}
    </th>
  )
}
