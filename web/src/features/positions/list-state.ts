/** The filter, the columns and the order of each list, shared by the list and the panel's buttons. */

import { useEffect, useMemo, useState } from 'react'
import {
  type ListFilter,
  type ListName,
  NO_FILTER,
  queryOf,
} from '@/features/positions/list-filter'
import { load, save } from '@/storage'
import { createStore, useStore } from '@/store'
import { useTimeZone } from '@/time-zone'
import { arranged, AS_DEFINED, type ColumnLayout, type ColumnName } from '@/ui/columns'
import type { Column, Sort } from '@/ui/table'

const filters = createStore<Partial<Record<ListName, ListFilter>>>({})

export function useFilter(list: ListName): [ListFilter, (change: Partial<ListFilter>) => void] {
  const filter = useStore(filters)[list] ?? NO_FILTER
  return [
    filter,
    (change) =>
      filters.set((all) => ({ ...all, [list]: { ...NO_FILTER, ...all[list], ...change } })),
  ]
}

/** Returns the time at which the list was opened: its periods are of days. */
export function useNow(): number {
  const [now] = useState(() => Date.now())
  return now
}

export function forgetFilters(): void {
  filters.set({})
}

/** Returns the parameters of the list as it is filtered now. */
export function useListQuery(list: ListName) {
  const [filter] = useFilter(list)
  const zone = useTimeZone()
  const now = useNow()
  return useMemo(() => queryOf(list, filter, zone, now), [list, filter, zone, now])
}

type Shown = { live: boolean; stored: boolean }
const isShown = (value: unknown): value is Shown => typeof value === 'object' && value !== null

/** Whether the filters are shown: of the lists that change with the market, and of the others. */
const shownFilters = createStore<Shown>(
  load('filters-shown', isShown, { live: false, stored: true }),
)
shownFilters.subscribe(() => save('filters-shown', shownFilters.get()))

export function useFiltersShown(list: ListName): [boolean, () => void] {
  const which = list === 'open' || list === 'orders' ? 'live' : 'stored'
  const shown = useStore(shownFilters)
  return [shown[which], () => shownFilters.set((all) => ({ ...all, [which]: !all[which] }))]
}

type Layouts = Partial<Record<ListName, ColumnLayout>>
const isLayouts = (value: unknown): value is Layouts =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (layout) => Array.isArray(layout?.order) && Array.isArray(layout?.hidden),
  )

const layouts = createStore<Layouts>(load('columns', isLayouts, {}))
layouts.subscribe(() => save('columns', layouts.get()))

export function useLayout(list: ListName): [ColumnLayout, (layout: ColumnLayout) => void] {
  const layout = useStore(layouts)[list] ?? AS_DEFINED
  return [
    layout,
    (next) =>
      layouts.set((all) => {
        const others = Object.entries(all).filter(([each]) => each !== list)
        return Object.fromEntries(next === AS_DEFINED ? others : [...others, [list, next]])
      }),
  ]
}

/** The columns of the table that is shown, for the panel's list of them. */
export const tableColumns = createStore<readonly ColumnName[]>([])

/** Returns the columns of a list's table as they are arranged, and names them to the panel. */
export function useColumns<Row, K extends string>(
  list: ListName,
  columns: readonly Column<Row, K>[],
): Column<Row, K>[] {
  const [layout] = useLayout(list)
  const names = columns.map(({ key, label, name, isFixed = false }) => ({
    key,
    name: name ?? (typeof label === 'string' ? label : key),
    isFixed,
  }))
  const text = JSON.stringify(names)
  useEffect(() => {
    tableColumns.set(JSON.parse(text) as ColumnName[])
    return () => tableColumns.set([])
  }, [text])
  return arranged(columns, layout)
}

/** The order of a list's rows, which lasts as long as its tab is shown. */
export function useSort<K extends string>(by: K, descending: boolean) {
  return useState<Sort<K>>({ by, descending })
}
