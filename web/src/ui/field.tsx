import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from '@/ui/class-names'

type FieldProps = Omit<ComponentProps<'input'>, 'prefix'> & {
  label: ReactNode
  /** What is wrong, said at the field and announced. */
  problem?: string | null | undefined
  hint?: ReactNode
  /** What stands at the right edge: a unit, or what switches it. */
  unit?: ReactNode
  /** Beside the label. */
  aside?: ReactNode
  dense?: boolean
}

export function Field({
  label,
  problem,
  hint,
  unit,
  aside,
  dense = false,
  className,
  id,
  ...rest
}: FieldProps) {
  const madeUp = useId()
  const inputId = id ?? madeUp
  const noteId = `${inputId}-note`
  const note = problem ?? hint
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={inputId} className="text-xs text-soft">
          {label}
        </label>
        {aside}
      </div>
      <div
        className={cx(
          'flex items-center rounded-md border bg-ground transition-colors focus-within:border-accent',
          dense ? 'h-9' : 'h-10',
          problem ? 'border-down' : 'border-edge hover:border-faint',
        )}
      >
        <input
          id={inputId}
          className="h-full w-full min-w-0 flex-1 bg-transparent px-3 text-ink outline-none placeholder:text-faint disabled:opacity-50"
          aria-invalid={problem ? true : undefined}
          aria-describedby={note ? noteId : undefined}
          {...rest}
        />
        {unit && <div className="flex shrink-0 items-center pr-2 text-xs text-soft">{unit}</div>}
      </div>
      {note && (
        <p
          id={noteId}
          className={cx('text-xs', problem ? 'text-down' : 'text-faint')}
          aria-live="polite"
        >
          {note}
        </p>
      )}
    </div>
  )
}

/** A field for an amount: digits, and a keyboard with digits on a phone. */
export function AmountField(props: FieldProps) {
  return <Field inputMode="decimal" autoComplete="off" spellCheck={false} {...props} />
}
