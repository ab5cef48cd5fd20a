import { afterEach, beforeEach, expect, it } from 'vitest'
import { watchOutages } from '@/features/notices/outages'
import { connection, type Connection } from '@/live/connection'
import { notices, openNotices } from '@/trading/notices'

const UP: Connection = { socket: 'open', feed: 'sim', message: '', source: null, userId: null }

let now = 0
let ends: (() => void)[] = []

beforeEach(() => {
  localStorage.clear()
  now = 0
  connection.set({ ...UP, socket: 'connecting' })
  ends = [openNotices('one'), watchOutages(() => now)]
})

afterEach(() => {
  for (const end of ends) end()
})

function at(ms: number, part: Partial<Connection>): void {
  now = ms
  connection.set({ ...UP, ...part })
}

const told = () => notices.get().list.map(({ title, detail }) => `${title} ${detail.split('.')[0]}`)

it('notes an outage once it is over, with how long it was', () => {
  at(60_000, {})
  at(61_000, { socket: 'waiting' })
  at(70_000, { socket: 'connecting' })
  expect(told()).toEqual([])
  at(91_000, {})
  expect(told()).toEqual(['The connection was lost For 30s'])
  at(100_000, { feed: 'stale' })
  at(110_000, { feed: 'sim' })
  expect(told()).toEqual(['Prices had stopped For 10s', 'The connection was lost For 30s'])
})

it('notes neither the first connection nor a short outage', () => {
  at(60_000, {})
  at(61_000, { socket: 'waiting' })
  at(62_000, {})
  expect(told()).toEqual([])
})
