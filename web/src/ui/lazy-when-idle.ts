import { type ComponentType, lazy } from 'react'

/** The time that the data of the first view has the connections of a slow line for itself. */
const FIRST_VIEW_MS = 2_000

// Safari has no idle callbacks.
const whenIdle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run))

/**
 * Makes a lazy component whose chunk is requested once the first view has had its time and the page
 * has nothing else to do.
 */
export function lazyWhenIdle<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  setTimeout(() => whenIdle(() => void load().catch(() => undefined)), FIRST_VIEW_MS)
  return lazy(load)
}
