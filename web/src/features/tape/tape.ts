/** The trades that the tape shows, outside React. Independent of how they are shown. */

import { mulDiv, SCALE } from '@/decimal'
import type { Trade } from '@/live/frames'

/** The number of trades among which a new filter searches. */
const KNOWN_MAX = 500

export class Tape {
  readonly #shownMax: number
  /** All known trades and those that pass the filter, both newest first. */
  #known: Trade[] = []
  #passing: Trade[] = []
  #minValue: bigint
  readonly #watchers = new Set<() => void>()

  constructor(shownMax: number, minValue: bigint) {
    this.#shownMax = shownMax
    this.#minValue = minValue
  }

  /** Adds a message's trades, oldest first. After a reconnect it may repeat known ones. */
  add(trades: readonly Trade[]): void {
    const [last, known] = [trades.at(-1), this.#known[0]]
    if (!last) return
    // A message ends with the newest trade: a lower id is of a recording that starts over.
    if (known && last.id < known.id) this.clear()
    const newest = this.#known[0]?.id ?? -1
    const fresh = trades.filter(({ id }) => id > newest).toReversed()
    this.#known = [...fresh, ...this.#known].slice(0, KNOWN_MAX)
    const passing = fresh.filter((trade) => this.#passes(trade))
    this.#passing = [...passing, ...this.#passing].slice(0, this.#shownMax)
    this.#tell()
  }

  /** Shows only trades of at least this value. */
  setMinValue(minValue: bigint): void {
    this.#minValue = minValue
    this.#passing = this.#known.filter((trade) => this.#passes(trade)).slice(0, this.#shownMax)
  }

  clear(): void {
    this.#known = []
    this.#passing = []
    this.#tell()
  }

  /** Calls back after each change. Returns a function that ends it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Returns the trades to show, newest first. */
  shown(): readonly Trade[] {
    return this.#passing
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }

  #passes({ price, quantity }: Trade): boolean {
    return mulDiv(price, quantity, SCALE, 'floor') >= this.#minValue
  }
}
