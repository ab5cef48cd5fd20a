/** A list that the server keeps: its filter, rows, totals and what to do where it is empty. */

import { t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { sentence } from '@/api/errors'
import type { RecordQuery } from '@/api/records'
import { FilterBar } from '@/features/positions/filter-bar'
import { isFiltered, type ListName, NO_FILTER } from '@/features/positions/list-filter'
import { useColumns, useFilter } from '@/features/positions/list-state'
import { MoreRows, type PagedList } from '@/features/positions/more-rows'
import { sorted } from '@/features/positions/sort'
import { Button } from '@/ui/button'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, type Sort, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

type StoredListProps<Row, K extends string> = {
  list: ListName
  /** The name of the table and of the list of cards. */
  label: string
  /** What is said while the first page is loaded. */
  loading: string
  pages: PagedList & { isPending: boolean; refetch: () => Promise<unknown> }
  /** The rows of all pages so far; null before the first one. */
  rows: readonly Row[] | null
  rowKey: (row: Row) => string
  columns: readonly Column<Row, K>[]
  sort: Sort<K>
  onSort: (sort: Sort<K>) => void
  keyOf: (row: Row, by: K) => bigint | number | string
  renderCard: (row: Row) => ReactNode
  /** The totals of all that the filter names, in the columns that they are of. */
  totals: Partial<Record<K, ReactNode>> | undefined
  /** The same totals for narrow pages. */
  facts: ReactNode
  /** What an empty list is called, and the next step. */
  empty: { title: string; children: ReactNode }
}

export function StoredList<Row, K extends string>(props: StoredListProps<Row, K>) {
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <FilterBar list={props.list} />
      <Content {...props} />
    </div>
  )
}

function Content<Row, K extends string>(props: StoredListProps<Row, K>) {
  const { list, label, loading, pages, rows, rowKey, columns, sort, onSort, keyOf } = props
  const isWide = useMedia('(min-width: 48rem)')
  if (pages.isPending) return <Loading label={loading} />
  if (!rows) {
    return <Failed message={sentence(pages.error)} onRetry={() => void pages.refetch()} />
  }
  if (rows.length === 0) return <Nothing list={list} empty={props.empty} />
  if (!isWide) return <Cards {...props} rows={rows} />
  return (
    <WideTable
      {...{ list, label, rowKey, sort, onSort }}
      columns={columns}
      rows={sorted(rows, sort, keyOf)}
      totals={props.totals}
      footer={<MoreRows list={pages} />}
    />
  )
}

type WideTableProps<Row, K extends string> = Parameters<typeof Table<Row, K>>[0] & {
  list: ListName
}

/** A table whose columns its reader arranges. */
export function WideTable<Row, K extends string>({
  list,
  columns,
  ...rest
}: WideTableProps<Row, K>) {
  return <Table {...rest} columns={useColumns(list, columns)} />
}

function Cards<Row, K extends string>({
  label,
  rows,
  rowKey,
  renderCard,
  facts,
  pages,
}: Omit<StoredListProps<Row, K>, 'rows'> & { rows: readonly Row[] }) {
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
      <section aria-label={label} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
        <ul aria-label={label} className="flex flex-col gap-2 p-2">
          {rows.map((row) => (
            <li key={rowKey(row)} className="rounded-lg border border-line bg-panel p-3 text-xs">
              {renderCard(row)}
            </li>
          ))}
        </ul>
        <MoreRows list={pages} />
      </section>
      <TotalFacts>{facts}</TotalFacts>
    </>
  )
}

/** The totals below a list of cards. */
export function TotalFacts({ children }: { children: ReactNode }) {
  return (
    <dl
      aria-label={t`Totals`}
      className="grid shrink-0 grid-cols-3 gap-x-3 border-t border-edge bg-raised px-3 py-1.5 text-xs"
    >
      {children}
    </dl>
  )
}

/** An empty list: nothing matches the filter, or there is nothing yet. */
export function Nothing({
  list,
  empty,
}: {
  list: ListName
  empty: { title: string; children: ReactNode }
}) {
  const [filter, change] = useFilter(list)
  if (!isFiltered(filter)) return <Empty title={empty.title}>{empty.children}</Empty>
  return (
    <Empty title={t`Nothing matches the filter`}>
      <Button size="sm" onClick={() => change(NO_FILTER)}>
        {t`Clear the filter`}
      </Button>
    </Empty>
  )
}

/** Fetches the totals of a list, and again together with it. */
export function useTotals<T>(
  name: string,
  query: RecordQuery,
  fetch: (query: RecordQuery, signal: AbortSignal) => Promise<T>,
): T | undefined {
  const totals = useQuery({
    queryKey: [name, query, 'totals'],
    queryFn: ({ signal }) => fetch(query, signal),
    staleTime: 0,
  })
  return totals.data
}
