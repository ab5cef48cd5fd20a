import { Outlet, useLocation } from 'react-router'
import { ToastPlace } from '@/ui/toast'

/**
 * The window of every page but the trading page's: what does not fit is scrolled, and toasts have the
 * room below it, so that they lie on nothing.
 */
export function PageFrame() {
  const { pathname } = useLocation()
  return (
    <div className="flex h-dvh flex-col">
      {/* Another page begins at its top. */}
      <div
        key={pathname}
        ref={takeFocus}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto outline-none"
      >
        <Outlet />
      </div>
      <ToastPlace className="mx-auto w-full max-w-md shrink-0 px-3 has-[li]:py-2" />
    </div>
  )
}

/** Keys scroll what has the focus. */
function takeFocus(box: HTMLDivElement | null): void {
  if (document.activeElement === document.body) box?.focus({ preventScroll: true })
}
