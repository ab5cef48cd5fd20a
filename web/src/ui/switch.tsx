import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

/** The on/off indicator of a switch. */
export function SwitchTrack({ checked }: { checked: boolean }) {
  return (
    <span
      aria-hidden
      className={cx(
        'relative h-4 w-7 shrink-0 rounded-full transition-colors',
        checked ? 'bg-accent' : 'bg-edge',
      )}
    >
      <span
        className={cx(
          'absolute top-0.5 size-3 rounded-full bg-white transition-[left]',
          checked ? 'left-3.5' : 'left-0.5',
        )}
      />
    </span>
  )
}

type SwitchProps = {
  checked: boolean
  onChange: (checked: boolean) => void
  className?: string
  children: ReactNode
}

/** A row that is a switch. */
export function Switch({ checked, onChange, className, children }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      className={className}
      onClick={() => onChange(!checked)}
    >
      {children}
      <SwitchTrack checked={checked} />
    </button>
  )
}
