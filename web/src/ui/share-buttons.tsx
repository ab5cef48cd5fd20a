import { cx } from '@/ui/class-names'

const SHARES = [25, 50, 75, 100]

type ShareButtonsProps = {
  label: string
  /** The chosen share in per cent; null if it is another one. */
  value: number | null
  onChange: (percent: number) => void
  disabled?: boolean
}

/** Buttons for a quarter, a half, three quarters and all of an amount. */
export function ShareButtons({ label, value, onChange, disabled = false }: ShareButtonsProps) {
  return (
    <fieldset className="grid grid-cols-4 gap-1">
      <legend className="sr-only">{label}</legend>
      {SHARES.map((percent) => (
        <button
          key={percent}
          type="button"
          aria-pressed={value === percent}
          disabled={disabled}
          onClick={() => onChange(percent)}
          className={cx(
            'h-7 rounded border text-xs transition-colors disabled:opacity-50',
            value === percent
              ? 'border-accent text-accent'
              : 'border-line text-soft hover:border-edge hover:text-ink',
          )}
        >
          {percent}%
        </button>
      ))}
    </fieldset>
  )
}
