/** How far a user is in the first minutes: the three steps, kept for each user in this browser. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

export type Step = 'market' | 'order' | 'close'

export const STEPS: readonly Step[] = ['market', 'order', 'close']

export type Progress = {
  done: readonly Step[]
  /** Whether the user has put the list away. */
  isDismissed: boolean
}

const NOTHING: Progress = { done: [], isDismissed: false }

/** The key of somebody without an account, whose progress passes on to the guest. */
const VISITOR = 'visitor'

const isProgress = (value: unknown): value is Progress =>
  typeof value === 'object' && value !== null && 'done' in value && Array.isArray(value.done)

export const progress = createStore<Progress>(NOTHING)

let owner = VISITOR

/** Shows the progress of a user; null for a visitor. */
export function follow(userId: string | null): void {
  owner = userId ?? VISITOR
  const visitors = load(`steps.${VISITOR}`, isProgress, NOTHING)
  progress.set(load(`steps.${owner}`, isProgress, visitors))
}

/** Marks steps as done. An order implies a market, and a close both. */
export function finish(step: Step): void {
  const reached = STEPS.slice(0, STEPS.indexOf(step) + 1)
  const { done } = progress.get()
  if (reached.every((each) => done.includes(each))) return
  write({
    ...progress.get(),
    done: STEPS.filter((each) => done.includes(each) || reached.includes(each)),
  })
}

export function dismiss(): void {
  write({ ...progress.get(), isDismissed: true })
}

/** Reports whether there is nothing to show any more. */
export function isOver({ done, isDismissed }: Progress): boolean {
  return isDismissed || done.includes('close')
}

function write(next: Progress): void {
  progress.set(next)
  save(`steps.${owner}`, next)
}
