/**
 * The orders of further levels. They name the position that they reduce, so this page places them
 * once the position is open: at once for an order that fills on arrival, else when it fills. Each
 * has its own idempotency key, so that sending it again can't place it twice. What waits survives a
 * reload of the tab.
 */

import { t } from '@lingui/core/macro'
import { api, currentAccount } from '@/api/client'
import { ApiError, sentence } from '@/api/errors'
import type { PlaceRequest, PlacedOrder, PositionAnswer } from '@/api/schema'
import * as format from '@/format'
import type { LaterLevel, Mode } from '@/features/ticket/evaluate'
import { subscribeGaps } from '@/live/connection'
import type { Asset } from '@/markets'
import { randomId } from '@/random-id'
import type { Side } from '@/rules'
import { forTab, load, save } from '@/storage'
import { createStore } from '@/store'
import { levelTerms } from '@/trading/levels'
import { applyPositionAnswer } from '@/trading/queries'
import { subscribeNews } from '@/trading/sync'
import { toast } from '@/ui/toast'

export type LevelOrder = {
  /** The order whose position it reduces. */
  parentId: string
  mode: Mode
  /** The account that placed it. */
  account: string | null
  request: PlaceRequest
  key: string
  words: string
  /** Why it was not placed; null while its order waits or it is on its way. */
  reason: string | null
}

const KEY = 'levels'

const isSaved = (value: unknown): value is readonly LevelOrder[] => Array.isArray(value)

/** The levels that are not placed yet. */
export const levelOrders = createStore<readonly LevelOrder[]>(load(KEY, isSaved, [], forTab))
levelOrders.subscribe(() => save(KEY, levelOrders.get(), forTab))

const sending = new Set<string>()

type Parent = { asset: Asset; side: Side; mode: Mode }

/** Builds the order of a level. The position that it reduces is added once it is known. */
export function levelRequest(level: LaterLevel, { asset, side, mode }: Parent): PlaceRequest {
  return levelTerms({ asset, orderType: side }, level, mode)
}

/** Places the levels of an order as soon as it has opened a position. */
export function placeAfter(
  { order, position }: PositionAnswer,
  later: readonly LaterLevel[],
  parent: Parent,
): void {
  if (!order) return
  const added = later.map((level) => ({
    parentId: order.orderId,
    mode: parent.mode,
    account: currentAccount(),
    request: levelRequest(level, parent),
    key: randomId(),
    words: wordsOf(level, parent.asset),
    reason: null,
  }))
  levelOrders.set((known) => [...known, ...added])
  onOrder(order, position?.status === 'OPEN' ? position.orderId : null)
}

function wordsOf({ exit, price, qty }: LaterLevel, asset: Asset): string {
  const [at, size] = [format.price(asset, price), format.qty(asset, qty)]
  return exit === 'takeProfit'
    ? t`Take-profit at ${at} for ${size}`
    : t`Stop-loss at ${at} for ${size}`
}

/** Sends levels whose order has filled, and forgets those whose order has ended without. */
export function onOrder({ orderId, status }: PlacedOrder, opened: string | null = null): void {
  const own = levelOrders.get().filter((level) => level.parentId === orderId)
  if (own.length === 0 || status === 'NEW') return
  if (status !== 'FILLED') {
    forget(own)
    toast('info', t`Levels not placed`, t`Their order ended without opening a position.`)
    return
  }
  void sendAll(own.map((level) => ({ ...level, request: forPosition(level, opened) })))
}

/**
 * Names the position. One of its own has the id of the order that opened it; where orders are
 * netted, the market has one on each side, which need not be named.
 */
function forPosition({ request, mode, parentId }: LevelOrder, opened: string | null): PlaceRequest {
  const positionId = opened ?? (mode === 'separate' ? parentId : null)
  return positionId === null ? request : { ...request, positionId }
}

/** Sends levels again that were not placed. */
export function sendAgain(levels: readonly LevelOrder[]): void {
  void sendAll(levels)
}

export function forget(levels: readonly LevelOrder[]): void {
  const keys = new Set(levels.map(({ key }) => key))
  levelOrders.set((known) => known.filter(({ key }) => !keys.has(key)))
}

/** One after the other, so that the stop-losses, which stand first, are safe first. */
async function sendAll(levels: readonly LevelOrder[]): Promise<void> {
  for (const level of levels) {
    if (sending.has(level.key) || level.account !== currentAccount()) continue
    sending.add(level.key)
    try {
      applyPositionAnswer(await api.place(level.request, level.key))
      forget([level])
    } catch (error) {
      note(level, error)
    } finally {
      sending.delete(level.key)
    }
  }
}

function note(level: LevelOrder, error: unknown): void {
  const reason = sentence(error)
  // A refused order is done with its key: sent again, it is another one.
  const isRefused = error instanceof ApiError && !error.isUncertain
  const kept = { ...level, reason, key: isRefused ? randomId() : level.key }
  levelOrders.set((known) => known.map((each) => (each.key === level.key ? kept : each)))
  const { words } = level
  toast('error', t`Not placed: ${words}`, reason)
}

let isWatching = false

/** Starts to watch the orders that have levels. What happened while nobody listened is asked for. */
export function watchLevels(): void {
  if (isWatching) return
  isWatching = true
  subscribeNews((news) => {
    if (news.kind === 'order') onOrder(news.order)
  })
  subscribeGaps(() => void askForOrders())
  void askForOrders()
}

async function askForOrders(): Promise<void> {
  const waiting = levelOrders
    .get()
    .filter(({ reason, account }) => reason === null && account === currentAccount())
  for (const orderId of new Set(waiting.map(({ parentId }) => parentId))) {
    try {
      const { order } = await api.order(orderId)
      if ('type' in order) onOrder(order)
    } catch {
      // The next gap asks again; the levels stay listed in the form.
    }
  }
}
