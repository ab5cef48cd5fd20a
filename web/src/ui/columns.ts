/** The columns of a table as its reader has arranged them: hidden, and in another order. Pure. */

export type ColumnLayout = {
  /** The keys of the columns in their order; columns that are not in it stand where they stood. */
  order: readonly string[]
  hidden: readonly string[]
}

export const AS_DEFINED: ColumnLayout = { order: [], hidden: [] }

/** What is known of a column. A fixed one, such as that of the actions, keeps its place. */
export type ColumnName = { key: string; name: string; isFixed?: boolean }

type Keyed = { key: string; isFixed?: boolean }

/** Returns all columns in their order. */
export function ordered<C extends Keyed>(columns: readonly C[], layout: ColumnLayout): C[] {
  const free = columns.filter(({ isFixed }) => !isFixed)
  const known = layout.order.flatMap((key) => free.filter((column) => column.key === key))
  const moved = [...known]
  for (const [index, column] of free.entries()) {
    if (!known.includes(column)) moved.splice(index, 0, column)
  }
  return columns.map((column) => (column.isFixed ? column : (moved.shift() as C)))
}

/** Returns the columns that are shown, in their order. */
export function arranged<C extends Keyed>(columns: readonly C[], layout: ColumnLayout): C[] {
  const isShown = ({ key, isFixed }: C) => isFixed || !layout.hidden.includes(key)
  return ordered(columns, layout).filter(isShown)
}

export function withToggled(layout: ColumnLayout, key: string): ColumnLayout {
  const isHidden = layout.hidden.includes(key)
  const others = layout.hidden.filter((each) => each !== key)
  return { ...layout, hidden: isHidden ? others : [...others, key] }
}

/** Moves a column by one place, past those that are hidden, too. */
export function withMoved(
  columns: readonly Keyed[],
  layout: ColumnLayout,
  key: string,
  by: -1 | 1,
): ColumnLayout {
  const order = ordered(columns, layout)
    .filter(({ isFixed }) => !isFixed)
    .map((column) => column.key)
  const from = order.indexOf(key)
  const to = from + by
  if (from === -1 || to < 0 || to >= order.length) return layout
  order.splice(from, 1)
  order.splice(to, 0, key)
  return { ...layout, order }
}
