import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from '@/ui/class-names'
import { FieldNote } from '@/ui/field'

type TextAreaProps = ComponentProps<'textarea'> & {
  label: ReactNode
  /** The problem with the value, shown at the field and announced. */
  problem?: string | null | undefined
  hint?: ReactNode
}

/** A field for a text of several lines, such as a PEM. */
export function TextArea({ label, problem, hint, className, id, ...rest }: TextAreaProps) {
  const madeUp = useId()
  const areaId = id ?? madeUp
  const noteId = `${areaId}-note`
  const note = problem ?? hint
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <label htmlFor={areaId} className="text-xs text-soft">
        {label}
      </label>
      <textarea
        id={areaId}
        className={cx(
          'w-full resize-y rounded-md border bg-ground px-3 py-2 font-mono text-xs text-ink transition-colors outline-none placeholder:text-faint focus:border-accent disabled:opacity-50',
          problem ? 'border-down' : 'border-edge hover:border-faint',
        )}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? noteId : undefined}
        {...rest}
      />
      <FieldNote id={noteId} problem={problem} hint={hint} />
    </div>
  )
}
