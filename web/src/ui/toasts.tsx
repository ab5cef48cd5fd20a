/** The look and behaviour of toasts, which are loaded after the page. */

import { t } from '@lingui/core/macro'
import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from 'lucide-react'
import { Toast as RadixToast } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { createPortal } from 'react-dom'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'
import { dismiss, messages, places, type Shown, type ToastKind } from '@/ui/toast'

const DURATION_MS: Record<ToastKind, number> = {
  success: 5_000,
  info: 6_000,
  warning: 10_000,
  error: 9_000,
}
/** The time to think again. */
const ACT_MS = 9_000

export const TOAST_ICONS: Record<ToastKind, ReactNode> = {
  success: <CircleCheck size={16} className="text-up" />,
  error: <CircleAlert size={16} className="text-down" />,
  warning: <TriangleAlert size={16} className="text-warn" />,
  info: <Info size={16} className="text-accent" />,
}

/** Shows the messages in the page's place for them. */
export function Toasts() {
  const shown = useStore(messages)
  const place = useStore(places).at(-1)
  const isRow = place?.layout === 'row'
  // Radix puts the key that brings the focus here in its place.
  const hotkey = '{hotkey}'
  return (
    <RadixToast.Provider swipeDirection="right" label={t`Notification`}>
      {shown.map((message) => (
        <OneToast key={message.id} message={message} isRow={isRow} />
      ))}
      {place &&
        createPortal(
          <RadixToast.Viewport
            label={t`Notifications (${hotkey})`}
            className={cx('flex gap-2 outline-none', isRow ? 'items-center' : 'flex-col')}
          />,
          place.element,
        )}
    </RadixToast.Provider>
  )
}

function OneToast({ message, isRow }: { message: Shown; isRow: boolean }) {
  const { id, kind, title, detail, act, isOpen } = message
  const isForOther = useRef(false)
  const label = act?.label ?? ''
  return (
    <RadixToast.Root
      open={isOpen}
      onEscapeKeyDown={({ target }) => {
        // It closes a dialog, say, and must not take away what can still be undone.
        isForOther.current = !(target instanceof Element && target.closest('[data-kind]'))
      }}
      onOpenChange={(open) => {
        if (!open && !isForOther.current) dismiss(id)
        isForOther.current = false
      }}
      duration={act ? Math.max(ACT_MS, DURATION_MS[kind]) : DURATION_MS[kind]}
      type={kind === 'success' || kind === 'info' ? 'background' : 'foreground'}
      data-kind={kind}
      className={cx(
        'flex animate-appear gap-2 rounded-md border border-edge bg-raised',
        isRow ? 'h-7 max-w-3xl min-w-0 items-center px-2 text-xs' : 'items-start p-2.5 shadow-lg',
        'data-[swipe=move]:translate-x-[var(--radix-toast-swipe-move-x)]',
      )}
    >
      <span aria-hidden className={cx('shrink-0', !isRow && 'mt-0.5')}>
        {TOAST_ICONS[kind]}
      </span>
      <div
        className={isRow ? 'flex min-w-0 items-baseline gap-2' : 'min-w-0 flex-1'}
        title={isRow && detail ? `${title}. ${detail}` : undefined}
      >
        <RadixToast.Title className={cx('font-medium', isRow && 'max-w-80 truncate')}>
          {title}
        </RadixToast.Title>
        {detail && (
          <RadixToast.Description
            className={cx('text-xs text-soft', isRow ? 'min-w-0 flex-1 truncate' : 'break-words')}
          >
            {detail}
          </RadixToast.Description>
        )}
      </div>
      {act && (
        <RadixToast.Action
          altText={t`${label}, or press F8 to reach it`}
          onClick={act.run}
          className="shrink-0 rounded px-1.5 text-xs leading-5 font-semibold text-accent hover:bg-hover"
        >
          {act.label}
        </RadixToast.Action>
      )}
      <RadixToast.Close
        aria-label={t`Dismiss`}
        className="inline-flex size-5 shrink-0 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink"
      >
        <X size={14} aria-hidden />
      </RadixToast.Close>
    </RadixToast.Root>
  )
}
