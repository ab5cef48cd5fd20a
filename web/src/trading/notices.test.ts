import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { change } from '@/settings'
import { keepNotices, markRead, notices, notify, openNotices, unreadOf } from '@/trading/notices'
import * as signals from '@/trading/signal'
import * as toasts from '@/ui/toast'

let leave: () => void

beforeEach(() => {
  localStorage.clear()
  vi.spyOn(toasts, 'toast').mockImplementation(() => undefined)
  vi.spyOn(signals, 'signal').mockImplementation(() => undefined)
  leave = openNotices('one')
})

afterEach(() => {
  leave()
  change({ sound: false, notifications: false })
})

const news = (id: string, time: number) =>
  ({ id, time, kind: 'alert', tone: 'info', title: `Notice ${id}` }) as const

const titles = () => notices.get().list.map(({ title }) => title)

it('shows a notice once, however often it is told', () => {
  notify({ ...news('a', 1), sound: 'alert' })
  notify({ ...news('a', 1), sound: 'alert' })
  expect(titles()).toEqual(['Notice a'])
  expect(toasts.toast).toHaveBeenCalledTimes(1)
  expect(signals.signal).toHaveBeenCalledWith(expect.objectContaining({ sound: 'alert' }))
})

it('keeps what is missed in the order of time, unread and without a toast', () => {
  keepNotices([news('a', 1), news('c', 3)])
  keepNotices([news('b', 2)], { syncedTo: 3 })
  expect(titles()).toEqual(['Notice c', 'Notice b', 'Notice a'])
  expect(unreadOf(notices.get())).toBe(3)
  expect(notices.get().syncedTo).toBe(3)
  expect(toasts.toast).not.toHaveBeenCalled()
})

it('remembers by account what was read', () => {
  keepNotices([news('a', 1), news('b', 2)])
  markRead('b')
  expect(unreadOf(notices.get())).toBe(1)
  leave()
  leave = openNotices('two')
  expect(titles()).toEqual([])
  leave()
  leave = openNotices('one')
  expect(titles()).toEqual(['Notice b', 'Notice a'])
  expect(unreadOf(notices.get())).toBe(1)
  markRead()
  expect(unreadOf(notices.get())).toBe(0)
})

it('does not lose what another tab has kept', () => {
  const theirs = { list: [{ ...news('b', 2), detail: '', asset: null, isRead: true }], syncedTo: 2 }
  localStorage.setItem('velox.notices.one', JSON.stringify(theirs))
  keepNotices([news('a', 1), news('b', 2)])
  expect(titles()).toEqual(['Notice b', 'Notice a'])
  expect(notices.get().syncedTo).toBe(2)
})

it('forgets the oldest beyond two hundred', () => {
  keepNotices(Array.from({ length: 250 }, (_, n) => news(String(n), n)))
  expect(notices.get().list).toHaveLength(200)
  expect(notices.get().list.at(-1)?.id).toBe('50')
})
