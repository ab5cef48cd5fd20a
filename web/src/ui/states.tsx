/** The loading, empty and failed states of a list. */

import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

export function Spinner({ className }: { className?: string }) {
  return (
    <span
      aria-hidden
      className={cx(
        'inline-block size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent',
        className,
      )}
    />
  )
}

export function Loading({ label }: { label?: string }) {
  return (
    <output className="flex items-center justify-center gap-2 p-8 text-soft">
      <Spinner /> {label ?? t`Loading`}…
    </output>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center justify-center gap-1 p-8 text-center text-soft">
      <p className="text-ink">{title}</p>
      {children && <p className="text-xs text-faint">{children}</p>}
    </div>
  )
}

export function Failed({ message, onRetry }: { message: string; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 p-8 text-center text-soft">
      <p>{message}</p>
      {onRetry && (
        <button
          type="button"
          onClick={onRetry}
          className="rounded-md border border-edge bg-raised px-3 py-1.5 text-xs text-ink hover:bg-hover"
        >
          {t`Try again`}
        </button>
      )}
    </div>
  )
}
