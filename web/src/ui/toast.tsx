/**
 * Short, temporary messages. `toast()` may be called from anywhere; <Toasts/> (toasts.tsx) shows them
 * in the page's <ToastPlace/>, which has room of its own in the layout: no message lies over anything.
 */

import { useEffect, useRef } from 'react'
import { createStore } from '@/store'

export type ToastKind = 'success' | 'error' | 'warning' | 'info'

/** What can be done about a message while it is shown, such as to undo what it tells. */
export type ToastAct = { label: string; run: () => void }

export type Message = {
  id: number
  kind: ToastKind
  title: string
  detail: string
  act: ToastAct | null
  at: number
}

export type Shown = Message & { isOpen: boolean }

/** The maximum number of visible toasts. The oldest is removed. */
const SHOWN_MAX = 3
/** The number of messages that can be read again. */
const KEPT_MAX = 20
/** The duration of the leaving animation. */
const LEAVING_MS = 200

/** In a row, each in one line, or one above the other. */
type Layout = 'row' | 'stack'
type Place = { element: HTMLElement; layout: Layout }

/** The mounted places for toasts, of which the last one is used. */
export const places = createStore<readonly Place[]>([])

export const messages = createStore<readonly Shown[]>([])

/** The latest messages, the newest first, also those that are no longer shown. */
export const messageLog = createStore<readonly Message[]>([])

let nextId = 1

export function toast(kind: ToastKind, title: string, detail = '', act: ToastAct | null = null) {
  const message = { id: nextId++, kind, title, detail, act, at: Date.now() }
  messages.set((shown) => [...shown.slice(1 - SHOWN_MAX), { ...message, isOpen: true }])
  messageLog.set((known) => [message, ...known.slice(0, KEPT_MAX - 1)])
}

export function dismiss(id: number): void {
  messages.set((shown) => shown.map((m) => (m.id === id ? { ...m, isOpen: false } : m)))
  setTimeout(() => messages.set((shown) => shown.filter((m) => m.id !== id)), LEAVING_MS)
}

type ToastPlaceProps = { layout?: Layout; className?: string }

/** The place where a page shows toasts. */
export function ToastPlace({ layout = 'stack', className }: ToastPlaceProps) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    places.set((known) => [...known, { element, layout }])
    return () => places.set((known) => known.filter((each) => each.element !== element))
  }, [layout])
  return <div ref={ref} className={className} />
}
