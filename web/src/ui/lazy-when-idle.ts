import { type ComponentType, lazy } from 'react'

/** The time that the data of the first view has the connections of a slow line for itself. */
const FIRST_VIEW_MS = 2_000

/** Runs what the first view does not need, once that has had its time and the page is idle. */
export function whenIdle(run: () => void): void {
  // Safari has no idle callbacks.
  setTimeout(() => (window.requestIdleCallback ?? ((run) => setTimeout(run)))(run), FIRST_VIEW_MS)
}

/** Makes a lazy component whose chunk is requested when the page first has nothing else to do. */
export function lazyWhenIdle<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  whenIdle(() => void load().catch(() => undefined))
  return lazy(load)
}
