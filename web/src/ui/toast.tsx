/**
 * Short, temporary messages. `toast()` may be called from anywhere; <Toasts/> shows them in the
 * page's <ToastPlace/>, because only the page knows where they cover no controls.
 */

import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from 'lucide-react'
import { Toast as RadixToast } from 'radix-ui'
import { type ReactNode, useEffect, useRef } from 'react'
import { createPortal } from 'react-dom'
import { createStore, useStore } from '@/store'
import { cx } from '@/ui/class-names'

type Kind = 'success' | 'error' | 'warning' | 'info'

type Message = { id: number; kind: Kind; title: string; detail: string; isOpen: boolean }

/** The maximum number of visible toasts; more would cover the page. The oldest is removed. */
const SHOWN_MAX = 3
const DURATION_MS: Record<Kind, number> = {
  success: 5_000,
  info: 6_000,
  warning: 10_000,
  error: 9_000,
}
/** The duration of the leaving animation. */
const LEAVING_MS = 200

/** The mounted places for toasts, of which the last one is used. */
const places = createStore<readonly HTMLElement[]>([])

const messages = createStore<readonly Message[]>([])
let nextId = 1

export function toast(kind: Kind, title: string, detail = ''): void {
  const message = { id: nextId++, kind, title, detail, isOpen: true }
  messages.set((shown) => [...shown.slice(1 - SHOWN_MAX), message])
}

function dismiss(id: number): void {
  messages.set((shown) => shown.map((m) => (m.id === id ? { ...m, isOpen: false } : m)))
  setTimeout(() => messages.set((shown) => shown.filter((m) => m.id !== id)), LEAVING_MS)
}

const ICONS: Record<Kind, ReactNode> = {
  success: <CircleCheck size={18} className="text-up" />,
  error: <CircleAlert size={18} className="text-down" />,
  warning: <TriangleAlert size={18} className="text-warn" />,
  info: <Info size={18} className="text-accent" />,
}

/** The place where a page shows toasts. */
export function ToastPlace({ className }: { className?: string }) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    places.set((known) => [...known, element])
    return () => places.set((known) => known.filter((each) => each !== element))
  }, [])
  return <div ref={ref} className={className} />
}

export function Toasts() {
  const shown = useStore(messages)
  const place = useStore(places).at(-1)
  return (
    <RadixToast.Provider swipeDirection="right" label="Notification">
      {shown.map((message) => (
        <RadixToast.Root
          key={message.id}
          open={message.isOpen}
          onOpenChange={(open) => {
            if (!open) dismiss(message.id)
          }}
          duration={DURATION_MS[message.kind]}
          type={message.kind === 'success' || message.kind === 'info' ? 'background' : 'foreground'}
          data-kind={message.kind}
          className={cx(
            'pointer-events-auto flex animate-appear items-start gap-3 rounded-lg border border-edge bg-raised p-3 shadow-2xl',
            'data-[swipe=move]:translate-x-[var(--radix-toast-swipe-move-x)]',
          )}
        >
          <span aria-hidden className="mt-0.5">
            {ICONS[message.kind]}
          </span>
          <div className="min-w-0 flex-1">
            <RadixToast.Title className="font-medium">{message.title}</RadixToast.Title>
            {message.detail && (
              <RadixToast.Description className="mt-0.5 text-xs break-words text-soft">
                {message.detail}
              </RadixToast.Description>
            )}
          </div>
          <RadixToast.Close
            aria-label="Dismiss"
            className="pointer-events-auto text-faint hover:text-ink"
          >
            <X size={16} />
          </RadixToast.Close>
        </RadixToast.Root>
      ))}
      {place &&
        createPortal(
          <RadixToast.Viewport className="pointer-events-none flex flex-col gap-2 outline-none" />,
          place,
        )}
    </RadixToast.Provider>
  )
}
