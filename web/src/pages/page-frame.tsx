import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { usePathname } from '@/navigation'
import { SkipLink } from '@/ui/skip-link'
import { ToastPlace } from '@/ui/toast'

/**
 * The frame of every page except the trading page. The content scrolls; toasts appear below it, so
 * that they cover nothing.
 */
export function PageFrame({ children }: { children: ReactNode }) {
  const pathname = usePathname()
  return (
    <div className="flex h-dvh flex-col">
      {/* The key resets the scroll position on navigation. */}
      <div
        key={pathname}
        ref={takeFocus}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto outline-none"
      >
        <SkipLink to="content">{t`Skip to content`}</SkipLink>
        {children}
      </div>
      <ToastPlace className="mx-auto w-full max-w-md shrink-0 px-3 has-[li]:py-2" />
    </div>
  )
}

/** Focuses the scrolling element, so that keys scroll it. */
function takeFocus(box: HTMLDivElement | null): void {
  if (document.activeElement === document.body) box?.focus({ preventScroll: true })
}
