import { t } from '@lingui/core/macro'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { tidied } from '@/decimal'
import { inNotation } from '@/notation'
import { cx } from '@/ui/class-names'

type FieldProps = Omit<ComponentProps<'input'>, 'prefix'> & {
  label: ReactNode
  /** The problem with the value, shown at the field and announced. */
  problem?: string | null | undefined
  hint?: ReactNode
  /** The content at the right edge: a unit, or a control that switches it. */
  unit?: ReactNode
  /** Content beside the label. */
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
      <FieldNote id={noteId} problem={problem} hint={hint} />
    </div>
  )
}

type FieldNoteProps = { id: string; problem: string | null | undefined; hint: ReactNode }

/** The problem with a field's value or, without one, its hint. */
export function FieldNote({ id, problem, hint }: FieldNoteProps) {
  const note = problem ?? hint
  if (!note) return null
  return (
    <p id={id} className={cx('text-xs', problem ? 'text-down' : 'text-faint')} aria-live="polite">
      {note}
    </p>
  )
}

type AmountFieldProps = Omit<FieldProps, 'value' | 'hint' | 'onChange' | 'onBlur'> & {
  /** The text in English notation; it is shown and typed in that of the page's language. */
  value: string
  hint?: string | null
  onText: (text: string) => void
}

/**
 * A field for an amount, with a numeric keyboard on phones. An amount typed in another notation is
 * shown in the page's notation below the field, and replaced by it when the field loses focus.
 */
export function AmountField({ value, hint, onText, ...rest }: AmountFieldProps) {
  // Kept after the replacement: removing the line would move the button that is being pressed.
  const [noted, setNoted] = useState<string | null>(null)
  const meant = tidied(value)
  const shown = inNotation(meant)
  const note = meant !== value || meant === noted ? t`Read as ${shown}` : null
  return (
    <Field
      inputMode="decimal"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      value={inNotation(value)}
      hint={[note, hint].filter(Boolean).join(' · ')}
      onChange={({ target }) => {
        setNoted(null)
        onText(inNotation(target.value))
      }}
      onBlur={() => {
        if (meant === value) return
        setNoted(meant)
        onText(meant)
      }}
    />
  )
}
