import { cleanup, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { queryClient } from '@/query-client'
import { useRefetchOnChange } from '@/trading/refetch'

let change: () => void = () => undefined

vi.mock('@/live/connection', () => ({
  subscribeAccount(listener: () => void) {
    change = listener
    return () => undefined
  },
}))

/** The times of the fetches, in ms since the first change. */
let fetches: number[]

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  fetches = []
  vi.spyOn(queryClient, 'invalidateQueries').mockImplementation(async () => {
    fetches.push(Date.now())
  })
  renderHook(() => useRefetchOnChange('fills'))
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

it('fetches soon after a change, and again once its rows are stored for sure', () => {
  change()
  vi.advanceTimersByTime(10_000)
  expect(fetches).toEqual([250, 1_500])
})

it('fetches long enough after the last of many changes, and not for each', () => {
  for (let ms = 0; ms < 1_000; ms += 10) {
    change()
    vi.advanceTimersByTime(10)
  }
  vi.advanceTimersByTime(10_000)
  expect(fetches).toEqual([250, 2_490])
})

it('stops with its component', () => {
  change()
  cleanup()
  vi.advanceTimersByTime(10_000)
  expect(fetches).toEqual([])
})
