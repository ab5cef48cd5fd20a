/**
 * A dense, scrolling table with sortable columns. Of many rows, only the visible ones are rendered.
 * Independent of its content.
 */

import { ArrowDown, ArrowUp } from 'lucide-react'
import { lazy, type ReactNode, type RefObject, Suspense, useRef } from 'react'
import { cx } from '@/ui/class-names'
import { Gap } from '@/ui/gap'

// Most tables are short, and are shown without it.
const VisibleRows = lazy(async () => ({
  default: (await import('@/ui/visible-rows')).VisibleRows,
}))

export type Sort<K extends string> = { by: K; descending: boolean }

export type Column<Row, K extends string> = {
  key: K
  label: ReactNode
  cell: (row: Row) => ReactNode
  align?: 'left' | 'right'
  sortable?: boolean
  /** A class with the width, or its pixels, so that columns do not move when figures change. */
  width: string | number
  /** The name in the list of columns, where the label is none. */
  name?: string
  /** Whether the column keeps its place and is always shown. */
  isFixed?: boolean
}

/** Returns a column whose cells are aligned to the right, as those of numbers are. */
export function right<Row, Key extends string>(
  key: Key,
  width: string | number,
  label: ReactNode,
  cell: Column<Row, Key>['cell'],
): Column<Row, Key> {
  return { key, width, label, cell, align: 'right' }
}

/** Returns a column by which the table can be sorted. */
export function sortable<Row, Key extends string>(column: Column<Row, Key>): Column<Row, Key> {
  return { ...column, sortable: true }
}

/** Returns the width of columns whose widths are pixels; undefined if one of them is not. */
function widthOf(columns: readonly { width: string | number }[]): number | undefined {
  let sum = 0
  for (const { width } of columns) {
    if (typeof width === 'string') return undefined
    sum += width
  }
  return sum
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
  /** The cells of a row below all others, which stays in view. */
  totals?: Partial<Record<K, ReactNode>> | undefined
  /** Content below the last row. */
  footer?: ReactNode
}

export type RowsProps = {
  count: number
  /** The element that scrolls. */
  box: RefObject<HTMLElement | null>
  rowAt: (index: number) => ReactNode
}

/** The height of a row with its border, in pixels. */
export const ROW_HEIGHT = 41
/** The number of rows up to which all are rendered. */
const PLAIN_MAX = 30
/** Fixed columns at the ends of a row stay in view where the table scrolls sideways. */
const STAYS = 'first:sticky first:left-0 first:bg-panel last:sticky last:right-0 last:bg-panel'

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
    totals,
    footer,
  } = props
  const box = useRef<HTMLDivElement>(null)
  const rowAt = (index: number) => {
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
                'px-2 whitespace-nowrap first:pl-3 last:pr-3',
                column.align === 'right' ? 'text-right' : 'text-left',
                column.isFixed && STAYS,
              )}
            >
              {column.cell(row)}
            </td>
          ))}
        </tr>
      )
    )
  }

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
        style={{ minWidth: widthOf(columns) }}
      >
        <thead className="sticky top-0 z-10 bg-panel">
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Rows count={rows.length} box={box} rowAt={rowAt} />
        </tbody>
        {totals && <Totals columns={columns} totals={totals} />}
      </table>
      {footer}
    </div>
  )
}

type TotalsProps<Row, K extends string> = {
  columns: readonly Column<Row, K>[]
  totals: Partial<Record<K, ReactNode>>
}

function Totals<Row, K extends string>({ columns, totals }: TotalsProps<Row, K>) {
  return (
    <tfoot className="sticky bottom-0 z-10 bg-raised">
      <tr className="h-8 border-t border-edge">
        {columns.map(({ key, align }) => (
          <td
            key={key}
            className={cx(
              'px-2 font-medium whitespace-nowrap first:pl-3 last:pr-3',
              align === 'right' ? 'text-right' : 'text-left',
            )}
          >
            {totals[key]}
          </td>
        ))}
      </tr>
    </tfoot>
  )
}

/** All rows of a short table, and the visible ones of a long one. */
function Rows(props: RowsProps) {
  const { count, rowAt } = props
  const all = Array.from({ length: Math.min(count, PLAIN_MAX) }, (_, index) => rowAt(index))
  if (count <= PLAIN_MAX) return all
  const first = (
    <>
      {all}
      <Gap height={(count - PLAIN_MAX) * ROW_HEIGHT} />
    </>
  )
  return (
    <Suspense fallback={first}>
      <VisibleRows {...props} />
    </Suspense>
  )
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
        'h-8 px-2 align-middle font-normal whitespace-nowrap text-faint first:pl-3 last:pr-3',
        column.align === 'right' ? 'text-right' : 'text-left',
        column.isFixed && STAYS,
        typeof column.width === 'string' && column.width,
      )}
      style={typeof column.width === 'number' ? { width: column.width } : undefined}
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
