import { beforeEach, expect, it } from 'vitest'
import { dismiss, finish, follow, isOver, progress } from '@/features/steps/progress'

beforeEach(() => {
  localStorage.clear()
  follow(null)
})

it('marks the steps before one as done too, and is over with the last', () => {
  finish('order')
  expect(progress.get().done).toEqual(['market', 'order'])
  expect(isOver(progress.get())).toBe(false)
  finish('close')
  expect(isOver(progress.get())).toBe(true)
})

it('passes what a visitor did on to the guest, and keeps it for each user', () => {
  finish('market')
  follow('guest')
  expect(progress.get().done).toEqual(['market'])
  finish('order')
  follow('other')
  expect(progress.get().done).toEqual(['market'])
  dismiss()
  expect(isOver(progress.get())).toBe(true)
  follow('guest')
  expect(progress.get()).toEqual({ done: ['market', 'order'], isDismissed: false })
})
