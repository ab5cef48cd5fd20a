import { type ComponentType, lazy } from 'react'

// Safari has no idle callbacks.
export const whenIdle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 2_000))

/** Makes a lazy component whose chunk is requested when the page first has nothing else to do. */
export function lazyWhenIdle<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  whenIdle(() => void load().catch(() => undefined))
  return lazy(load)
}
