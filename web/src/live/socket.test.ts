import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LiveSocket, type SocketState } from '@/live/socket'

/** The server sides of the opened connections, oldest first. */
let servers: FakeSocket[] = []

class FakeSocket extends EventTarget {
  static readonly OPEN = 1
  readyState = 0
  sent: Record<string, unknown>[] = []

  constructor() {
    super()
    servers.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  close(): void {
    this.readyState = 3
  }

  accept(): void {
    this.readyState = FakeSocket.OPEN
    this.dispatchEvent(new Event('open'))
  }

  say(text = '{}'): void {
    this.dispatchEvent(new MessageEvent('message', { data: text }))
  }

  die(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

let states: SocketState[] = []
let heard: string[] = []
let tickets = 0

function socket(ticket: () => Promise<string | null> = async () => `ticket-${++tickets}`) {
  return new LiveSocket({
    url: async () => 'ws://realtime',
    ticket,
    clientId: 'me',
    onText: (text) => heard.push(text),
    onState: (state) => states.push(state),
  })
}

const last = () => {
  const server = servers.at(-1)
  if (!server) throw new Error('nothing was opened')
  return server
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  servers = []
  states = []
  heard = []
  tickets = 0
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('authenticates, then subscribes', async () => {
  const live = socket()
  live.subscribe('candles:BTCUSDT:1m')
  await live.connect()
  last().accept()
  expect(last().sent).toEqual([
    { type: 'auth', clientId: 'me', ticket: 'ticket-1' },
    { type: 'subscribe', channels: ['candles:BTCUSDT:1m'] },
  ])
  last().say('hello')
  expect(heard).toEqual(['hello'])
  expect(states).toEqual(['connecting', 'open'])
})

it('is anonymous without a ticket', async () => {
  const live = socket(async () => null)
  await live.connect()
  last().accept()
  expect(last().sent).toEqual([{ type: 'hello', clientId: 'me' }])
})

it('reconnects with a fresh ticket and its channels', async () => {
  const live = socket()
  live.subscribe('candles:BTCUSDT:1m')
  await live.connect()
  last().accept()
  last().say()
  last().die()
  expect(states.at(-1)).toBe('waiting')
  await vi.advanceTimersByTimeAsync(500)
  expect(servers).toHaveLength(2)
  last().accept()
  expect(last().sent[0]).toMatchObject({ ticket: 'ticket-2' })
  expect(last().sent[1]).toMatchObject({ channels: ['candles:BTCUSDT:1m'] })
})

it('waits longer after each attempt, and not at all after hurry()', async () => {
  const live = socket()
  await live.connect()
  for (const attempt of [1, 2, 3, 4]) {
    last().die()
    await vi.advanceTimersByTimeAsync(0.49 * 500 * 2 ** (attempt - 1))
    expect(servers).toHaveLength(attempt)
    await vi.advanceTimersByTimeAsync(0.51 * 500 * 2 ** (attempt - 1))
    expect(servers).toHaveLength(attempt + 1)
  }
  last().die()
  live.hurry()
  await vi.advanceTimersByTimeAsync(0)
  expect(servers).toHaveLength(6)
})

it('pings a silent server, and disconnects without a pong', async () => {
  const live = socket()
  await live.connect()
  last().accept()
  last().say()
  await vi.advanceTimersByTimeAsync(24_000)
  expect(last().sent.at(-1)).toEqual({ type: 'ping' })
  last().say('{"type":"pong"}')
  await vi.advanceTimersByTimeAsync(6_000)
  expect(states.at(-1)).toBe('open')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(states).toContain('waiting')
})

it('unsubscribes from a channel after its last subscriber has left', async () => {
  const live = socket()
  await live.connect()
  last().accept()
  last().say()
  const [first, second] = [live.subscribe('c'), live.subscribe('c')]
  first()
  first()
  expect(last().sent.filter(({ type }) => type === 'unsubscribe')).toEqual([])
  second()
  expect(last().sent.at(-1)).toEqual({ type: 'unsubscribe', channels: ['c'] })
})

it('joins and leaves several channels with one message, without those of others', async () => {
  const live = socket()
  await live.connect()
  last().accept()
  last().say()
  const sent = () => last().sent.slice(1)
  const [first, second] = [live.subscribe('a', 'b'), live.subscribe('b', 'c')]
  expect(sent()).toEqual([
    { type: 'subscribe', channels: ['a', 'b'] },
    { type: 'subscribe', channels: ['c'] },
  ])
  first()
  expect(sent().at(-1)).toEqual({ type: 'unsubscribe', channels: ['a'] })
  second()
  expect(sent().at(-1)).toEqual({ type: 'unsubscribe', channels: ['b', 'c'] })
  live.subscribe()()
  expect(sent()).toHaveLength(4)
})

it('retries when no ticket is available', async () => {
  let fails = true
  const live = socket(async () => {
    if (fails) throw new Error('the gateway is away')
    return 'late'
  })
  await live.connect()
  expect(states.at(-1)).toBe('waiting')
  fails = false
  await vi.advanceTimersByTimeAsync(500)
  last().accept()
  expect(last().sent[0]).toMatchObject({ ticket: 'late' })
})

it('ignores messages of a closed connection', async () => {
  const live = socket()
  await live.connect()
  const old = last()
  old.accept()
  live.close()
  old.say('late')
  old.die()
  expect(heard).toEqual([])
  expect(states.at(-1)).toBe('closed')
})
