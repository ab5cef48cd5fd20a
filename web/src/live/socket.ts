/**
 * A connection to the realtime server that reconnects by itself, with a fresh ticket and its
 * subscriptions. Independent of React and of the frames' meaning.
 */

/** The first wait before a reconnect. Doubles up to the maximum, with random jitter. */
const BACKOFF_MS = 500
const BACKOFF_MAX_MS = 15_000
/** The silence after which the server is pinged. */
const SILENCE_MS = 12_000
/** The time to wait for the pong before the connection is dropped. */
const PONG_WAIT_MS = 6_000

export type SocketState = 'connecting' | 'open' | 'waiting' | 'closed'

export type SocketOptions = {
  url: () => Promise<string>
  /** A one-time ticket, or null for prices only. */
  ticket: () => Promise<string | null>
  clientId: string
  onText: (text: string) => void
  onState: (state: SocketState) => void
}

export class LiveSocket {
  readonly #options: SocketOptions
  readonly #channels = new Map<string, number>()
  #socket: WebSocket | null = null
  #attempts = 0
  /** The number of the attempt; events of older attempts are ignored. */
  #generation = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setTimeout> | undefined

  constructor(options: SocketOptions) {
    this.#options = options
  }

  async connect(): Promise<void> {
    this.#drop()
    const generation = ++this.#generation
    this.#options.onState('connecting')
    try {
      const [url, ticket] = await Promise.all([this.#options.url(), this.#options.ticket()])
      if (generation === this.#generation) this.#open(url, ticket, generation)
    } catch {
      if (generation === this.#generation) this.#wait()
    }
  }

  close(): void {
    this.#generation += 1
    this.#drop()
    this.#options.onState('closed')
  }

  /** Reconnects without waiting, because the tab is visible again or the network is back. */
  hurry(): void {
    if (this.#retry !== undefined) void this.connect()
  }

  /**
   * Subscribes to channels, reference-counted: the last unsubscribe leaves a channel. All go in one
   * message, as the server limits their number.
   */
  subscribe(...channels: string[]): () => void {
    const joined = channels.filter((channel) => {
      const count = this.#channels.get(channel) ?? 0
      this.#channels.set(channel, count + 1)
      return count === 0
    })
    if (joined.length > 0) this.#send({ type: 'subscribe', channels: joined })
    let left = false
    return () => {
      if (left) return
      left = true
      this.#leave(channels)
    }
  }

  #leave(channels: readonly string[]): void {
    const gone = channels.filter((channel) => {
      const rest = (this.#channels.get(channel) ?? 1) - 1
      if (rest > 0) this.#channels.set(channel, rest)
      else this.#channels.delete(channel)
      return rest <= 0
    })
    if (gone.length > 0) this.#send({ type: 'unsubscribe', channels: gone })
  }

  #open(url: string, ticket: string | null, generation: number): void {
    const socket = new WebSocket(url)
    this.#socket = socket
    const { clientId } = this.#options
    socket.addEventListener('open', () => {
      if (generation !== this.#generation) return
      this.#send(ticket ? { type: 'auth', clientId, ticket } : { type: 'hello', clientId })
      if (this.#channels.size > 0) {
        this.#send({ type: 'subscribe', channels: [...this.#channels.keys()] })
      }
      this.#expectWord()
    })
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (generation !== this.#generation || typeof event.data !== 'string') return
      if (this.#attempts !== 0 || !this.#isHeard) {
        this.#attempts = 0
        this.#isHeard = true
        this.#options.onState('open')
      }
      this.#lastHeard = Date.now()
      this.#options.onText(event.data)
    })
    socket.addEventListener('close', () => {
      if (generation === this.#generation) this.#wait()
    })
  }

  #isHeard = false
  #lastHeard = 0

  /** Watches for silence. Sets a timer per silence, not per message: messages are frequent. */
  #expectWord(asked = false): void {
    const since = Date.now()
    this.#watch = setTimeout(
      () => {
        if (this.#lastHeard >= since) return this.#expectWord()
        if (asked) return this.#wait()
        this.#send({ type: 'ping' })
        this.#expectWord(true)
      },
      asked ? PONG_WAIT_MS : SILENCE_MS,
    )
  }

  #wait(): void {
    this.#drop()
    this.#generation += 1
    const longest = Math.min(BACKOFF_MS * 2 ** this.#attempts, BACKOFF_MAX_MS)
    this.#attempts += 1
    this.#options.onState('waiting')
    this.#retry = setTimeout(() => void this.connect(), longest * (0.5 + Math.random() / 2))
  }

  #drop(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#watch)
    this.#retry = undefined
    this.#isHeard = false
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}
