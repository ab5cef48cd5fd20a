import type { ComponentProps } from 'react'
import { cx } from '@/ui/class-names'
import { Spinner } from '@/ui/states'

export type ButtonLook = 'primary' | 'secondary' | 'ghost' | 'long' | 'short' | 'danger'
export type ButtonSize = 'sm' | 'md' | 'lg'

const LOOKS: Record<ButtonLook, string> = {
  primary: 'bg-accent text-accent-ink font-semibold hover:brightness-110',
  secondary: 'bg-raised text-ink border border-edge hover:bg-hover',
  ghost: 'text-soft hover:bg-hover hover:text-ink',
  long: 'bg-up-fill text-white font-semibold hover:brightness-110',
  short: 'bg-down-fill text-white font-semibold hover:brightness-110',
  danger: 'bg-down-fill text-white font-semibold hover:brightness-110',
}

const SIZES: Record<ButtonSize, string> = {
  sm: 'h-7 px-2.5 text-xs',
  md: 'h-9 px-3.5 text-sm',
  lg: 'h-11 px-5 text-sm',
}

export function buttonClass(look: ButtonLook, size: ButtonSize, className?: string): string {
  return cx(
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md whitespace-nowrap transition-colors select-none',
    'disabled:opacity-50 disabled:hover:brightness-100',
    LOOKS[look],
    SIZES[size],
    className,
  )
}

type ButtonProps = ComponentProps<'button'> & {
  look?: ButtonLook
  size?: ButtonSize
  /** Shows a spinner and disables the button while its request is in flight. */
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
      // oxlint-disable-next-line react/button-has-type -- one of the three types, `button` by default
      type={type}
      className={buttonClass(look, size, className)}
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

/** A button with an icon only. The label is read aloud and shown on hover. */
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
