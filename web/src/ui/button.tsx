import type { ComponentProps } from 'react'
import { cx } from '@/ui/class-names'
import { Spinner } from '@/ui/states'

type Look = 'primary' | 'secondary' | 'ghost' | 'long' | 'short' | 'danger'
type Size = 'sm' | 'md' | 'lg'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-accent-ink font-semibold hover:brightness-110',
  secondary: 'bg-raised text-ink border border-edge hover:bg-hover',
  ghost: 'text-soft hover:bg-hover hover:text-ink',
  long: 'bg-up-fill text-white font-semibold hover:brightness-110',
  short: 'bg-down-fill text-white font-semibold hover:brightness-110',
  danger: 'bg-down-fill text-white font-semibold hover:brightness-110',
}

const SIZES: Record<Size, string> = {
  sm: 'h-7 px-2.5 text-xs',
  md: 'h-9 px-3.5 text-sm',
  lg: 'h-11 px-5 text-sm',
}

type ButtonProps = ComponentProps<'button'> & {
  look?: Look
  size?: Size
  /** In flight: it can't be pressed again, and says so. */
  pending?: boolean
}

export function Button({
  look = 'secondary',
  size = 'md',
  pending = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      // oxlint-disable-next-line react/button-has-type -- it is one of the three, `button` by default
      type={type}
      className={cx(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md whitespace-nowrap transition-colors select-none',
        'disabled:opacity-50 disabled:hover:brightness-100',
        LOOKS[look],
        SIZES[size],
        className,
      )}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      {...rest}
    >
      {pending && <Spinner />}
      {children}
    </button>
  )
}

type IconButtonProps = ComponentProps<'button'> & { label: string; pressed?: boolean }

/** A button that is only a picture; the label is read aloud and shown on hover. */
export function IconButton({ label, pressed, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      className={cx(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-soft transition-colors hover:bg-hover hover:text-ink',
        'aria-pressed:bg-hover aria-pressed:text-accent disabled:opacity-40',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  )
}
