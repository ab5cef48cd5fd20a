/**
 * Price alerts, kept in this browser for each account. They are watched for all markets while a
 * trading page is open.
 */

import { chosenAccount, currentAccount, shownAccount } from '@/api/client'
import { exact, print } from '@/decimal'
import { oncePerFrame } from '@/live/frame-clock'
import { quoteOf, subscribeEveryQuote } from '@/live/prices'
import { type Asset, isSymbol } from '@/markets'
import { randomId } from '@/random-id'
import { load, save } from '@/storage'
import { createStore } from '@/store'

export type PriceAlert = {
  id: string
  asset: Asset
  price: bigint
  /** Whether the price has to rise to it. */
  isAbove: boolean
  /** Unix ms. */
  createdAt: number
}

/** As it is kept. */
type Saved = Omit<PriceAlert, 'price'> & { price: string }

/** The number of alerts of an account; more would hide the candles of a chart. */
export const ALERTS_MAX = 100

/** The alerts of the shown account, oldest first. */
export const alerts = createStore<readonly PriceAlert[]>([])

const keyOf = () => `alerts.${currentAccount() ?? 'nobody'}`

const isSaved = (value: unknown): value is Saved[] =>
  Array.isArray(value) && value.every(isSavedAlert)

function isSavedAlert(value: unknown): value is Saved {
  if (typeof value !== 'object' || value === null) return false
  const { id, asset, price, isAbove, createdAt } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    isSymbol(asset) &&
    typeof price === 'string' &&
    /^\d{1,10}(\.\d{1,8})?$/.test(price) &&
    typeof isAbove === 'boolean' &&
    typeof createdAt === 'number'
  )
}

function kept(): PriceAlert[] {
  return load(keyOf(), isSaved, []).map((saved) => ({ ...saved, price: exact(saved.price) }))
}

/** Takes over what this browser keeps, after a change of the account or in another tab. */
function reload(): void {
  const next = kept()
  const isSame = (alert: PriceAlert, i: number) => {
    const before = alerts.get()[i]
    return before?.id === alert.id && before.price === alert.price
  }
  if (next.length === alerts.get().length && next.every(isSame)) return
  alerts.set(next)
}

function keep(next: readonly PriceAlert[]): void {
  alerts.set(next)
  save(
    keyOf(),
    next.map((alert) => ({ ...alert, price: print(alert.price) })),
  )
}

reload()
shownAccount.subscribe(reload)
chosenAccount.subscribe(reload)
window.addEventListener('storage', reload)

/** Returns the price that alerts are compared with, halfway between bid and ask; null without one. */
export function lastPrice(asset: Asset): bigint | null {
  const quote = quoteOf(asset)
  return quote && (quote.bid + quote.ask) / 2n
}

export type AlertProblem = 'NO_PRICE' | 'TOO_MANY'

/** Sets an alert. Returns why it can't; null if it is set. */
export function addAlert(asset: Asset, price: bigint): AlertProblem | null {
  const last = lastPrice(asset)
  if (last === null) return 'NO_PRICE'
  if (alerts.get().length >= ALERTS_MAX) return 'TOO_MANY'
  const alert = { id: randomId(), asset, price, isAbove: price > last, createdAt: Date.now() }
  keep([...alerts.get(), alert])
  return null
}

/** Moves an alert, which then waits for the price from where it is now. */
export function moveAlert(id: string, price: bigint): void {
  keep(
    alerts.get().map((alert) => {
      if (alert.id !== id) return alert
      const last = lastPrice(alert.asset)
      return { ...alert, price, isAbove: last === null ? alert.isAbove : price > last }
    }),
  )
}

export function removeAlert(id: string): void {
  keep(alerts.get().filter((alert) => alert.id !== id))
}

/** Removes all alerts of the account. */
export function removeAlerts(): void {
  keep([])
}

/** Reports whether a price has reached an alert. Pure. */
export function isReached({ price, isAbove }: PriceAlert, last: bigint): boolean {
  return isAbove ? last >= price : last <= price
}

/**
 * Watches the prices of all markets. Calls back once for each alert that is reached, and removes
 * it. Returns a function that ends it.
 */
export function watchAlerts(onReached: (alert: PriceAlert) => void): () => void {
  const look = oncePerFrame(() => {
    for (const alert of alerts.get()) {
      const last = lastPrice(alert.asset)
      // A price that is being checked may be wrong.
      const isDisputed = quoteOf(alert.asset)?.disputed != null
      if (last === null || isDisputed || !isReached(alert, last)) continue
      // Another tab may have announced it already.
      const isOurs = kept().some(({ id }) => id === alert.id)
      removeAlert(alert.id)
      if (isOurs) onReached(alert)
    }
  })
  return subscribeEveryQuote(look)
}
