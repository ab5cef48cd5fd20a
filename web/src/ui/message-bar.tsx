/** The line at the bottom of a wide page where messages are shown, and can be read again. */

import { t } from '@lingui/core/macro'
import { Bell } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { Popover } from '@/ui/menu'
import { ToastPlace } from '@/ui/toast'

// Opened by few; loaded separately.
const MessageLog = lazy(async () => ({
  default: (await import('@/ui/message-log')).MessageLog,
}))

export function MessageBar() {
  return (
    <footer className="flex h-9 shrink-0 items-center gap-2 bg-panel px-2">
      <Popover
        label={t`Messages`}
        trigger={
          <button
            type="button"
            className="inline-flex h-7 shrink-0 items-center gap-1.5 rounded px-1.5 text-xs text-soft hover:bg-hover hover:text-ink"
          >
            <Bell size={14} aria-hidden /> {t`Messages`}
          </button>
        }
      >
        <Suspense>
          <MessageLog />
        </Suspense>
      </Popover>
      <ToastPlace
        layout="row"
        className="flex h-full min-w-0 flex-1 items-center overflow-hidden"
      />
    </footer>
  )
}
