import { t } from '@lingui/core/macro'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useId } from 'react'
import {
  AS_DEFINED,
  type ColumnLayout,
  type ColumnName,
  ordered,
  withMoved,
  withToggled,
} from '@/ui/columns'
import { Button, IconButton } from '@/ui/button'

type ColumnChooserProps = {
  columns: readonly ColumnName[]
  layout: ColumnLayout
  onLayout: (layout: ColumnLayout) => void
}

/** A list of a table's columns, to show or hide each, and to move it. */
export function ColumnChooser({ columns, layout, onLayout }: ColumnChooserProps) {
  const id = useId()
  const shown = ordered(columns, layout).filter(({ isFixed }) => !isFixed)
  return (
    <div className="flex w-60 flex-col gap-2 p-3">
      <ul aria-label={t`Columns`} className="flex max-h-72 flex-col overflow-y-auto">
        {shown.map(({ key, name }, index) => (
          <li key={key} className="flex items-center gap-2">
            <input
              id={`${id}-${key}`}
              type="checkbox"
              className="size-4 accent-accent"
              checked={!layout.hidden.includes(key)}
              onChange={() => onLayout(withToggled(layout, key))}
            />
            <label htmlFor={`${id}-${key}`} className="min-w-0 flex-1 py-1.5 text-xs">
              {name}
            </label>
            <Move
              label={t`Move ${name} forward`}
              by={-1}
              isEnd={index === 0}
              onMove={() => onLayout(withMoved(columns, layout, key, -1))}
            />
            <Move
              label={t`Move ${name} back`}
              by={1}
              isEnd={index === shown.length - 1}
              onMove={() => onLayout(withMoved(columns, layout, key, 1))}
            />
          </li>
        ))}
      </ul>
      <Button size="sm" disabled={layout === AS_DEFINED} onClick={() => onLayout(AS_DEFINED)}>
        {t`Restore the columns`}
      </Button>
    </div>
  )
}

type MoveProps = { label: string; by: -1 | 1; isEnd: boolean; onMove: () => void }

function Move({ label, by, isEnd, onMove }: MoveProps) {
  return (
    <IconButton label={label} className="size-6" disabled={isEnd} onClick={onMove}>
      {by === -1 ? <ArrowUp size={14} aria-hidden /> : <ArrowDown size={14} aria-hidden />}
    </IconButton>
  )
}
