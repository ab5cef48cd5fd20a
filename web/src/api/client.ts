/** The client of the HTTP API, used by components through their feature's `queries.ts`. */

import { t } from '@lingui/core/macro'
import createClient from 'openapi-fetch'
import { ApiError, errorOf } from '@/api/errors'
import type { paths } from '@/api/generated'
import type {
  AccountChange,
  AmendRequest,
  ClosingPart,
  FillPage,
  IncomePage,
  ModifyRequest,
  NewAccount,
  NewKey,
  OpenOrder,
  PlacedOrder,
  PlaceRequest,
  ProfileChange,
  Registration,
} from '@/api/schema'
import type { Timeframe } from '@/live/frames'
import { locale } from '@/locale'
import type { Asset } from '@/markets'
import { createStore } from '@/store'

/** Longer than the 5 s for which the gateway waits for the engine. */
const TIMEOUT_MS = 12_000

/** Whether the engine is unavailable: its last response said so, or there was none. */
export const engineAway = createStore(false)

/** The number of times the API reported that no user is signed in. Pages then go to sign-in. */
export const sessionsEnded = createStore(0)

/** The user whose account this page shows. Every request names the user. */
export const shownAccount = createStore<string | null>(null)

/** Which of the user's accounts this page shows; null for the first one. */
export const chosenAccount = createStore<string | null>(null)

/** Returns the account that this page shows: the chosen one, or the first, whose id is the user's. */
export function currentAccount(): string | null {
  return chosenAccount.get() ?? shownAccount.get()
}

/** The number of times the API reported that another account than the shown one is signed in. */
export const accountsMistaken = createStore(0)

const ENGINE_AWAY = new Set(['ENGINE_NOT_READY', 'ENGINE_TIMEOUT', 'REDIS_UNAVAILABLE'])

export const client = createClient<paths>({ baseUrl: location.origin, fetch: send })

/** Sends a request. A response that is not a success, or a missing one, becomes an `ApiError`. */
async function send(request: Request): Promise<Response> {
  const response = await fetch(await complete(request)).catch((cause: unknown) => {
    if (request.signal.aborted) throw cause
    throw new ApiError(
      0,
      'NETWORK',
      t`Can’t reach Velox. Check your connection and try again; nothing is resent automatically.`,
    )
  })
  const isOrder = /^\/api\/v1\/(order|position)/.test(new URL(request.url).pathname)
  if (response.ok) {
    if (isOrder) engineAway.set(false)
    return response
  }
  const error = errorOf(response, await response.json().catch(() => null))
  const isSessionOver = error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED'
  if (ENGINE_AWAY.has(error.code)) engineAway.set(true)
  if (error.code === 'ACCOUNT_MISMATCH') accountsMistaken.set((count) => count + 1)
  if (isSessionOver) sessionsEnded.set((count) => count + 1)
  throw error
}

/**
 * Adds the user and the account that the request is for: the tabs of a browser share one cookie,
 * which may belong to another user by now, and each shows an account of its own choice. A request that changes something is sent as JSON even without a
 * body, because a form of another site cannot send JSON.
 */
async function complete(request: Request): Promise<Request> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const headers = new Headers(request.headers)
  const account = shownAccount.get()
  // A GET of this address asks which user is signed in, so it must not name one.
  const asksWho = request.method === 'GET' && request.url.endsWith('/user/me')
  if (account !== null && !asksWho) headers.set('Velox-Account', account)
  const chosen = chosenAccount.get()
  if (chosen !== null && !asksWho) headers.set('X-Account', chosen)
  if (request.method === 'GET') return new Request(request, { headers, signal })
  const body = (await request.text()) || '{}'
  headers.set('Content-Type', 'application/json')
  return new Request(request.url, { method: request.method, headers, body, signal })
}

/** Returns the body. `send` only lets through responses with one, which the types don't express. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer
  if (data === undefined) throw new ApiError(0, 'EMPTY', t`The server sent an empty response.`)
  return data
}

const ofPosition = (positionId: string, idempotencyKey: string) => ({
  path: { positionId },
  header: { 'Idempotency-Key': idempotencyKey },
})

export const options = (signal?: AbortSignal) => (signal ? { signal } : {})

export type CandleRange = {
  asset: Asset
  duration: Timeframe
  limit: number
  from?: number
  to?: number
}

export type PerformanceQuery = { from?: number; to?: number; points?: number }

export type LeaderboardQuery = {
  period: 'day' | 'week' | 'all'
  by: 'return' | 'drawdown'
  limit: number
}

export const api = {
  me: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/user/me', options(signal))).then(({ user }) => user),
  signUp: (body: Registration) => data(client.POST('/api/v1/user/signup', { body })),
  /** Creates an account without an email, and signs in to it. */
  becomeGuest: () => data(client.POST('/api/v1/user/guest')),
  /** Gives a guest's account an email and a password. */
  register: (body: Registration) => data(client.POST('/api/v1/user/register', { body })),
  signIn: (body: { email: string; password: string }) =>
    data(client.POST('/api/v1/user/signin', { body })),
  magicLink: async (email: string) => {
    const answer = await data(client.POST('/api/v1/user/magic-link', { body: { email } }))
    // The server says it in English, whoever asks.
    const words = t`If an account with this email exists, a sign-in link is on its way. It expires in 15 minutes.`
    return locale === 'en' ? answer : { ...answer, message: words }
  },
  signOut: () => data(client.POST('/api/v1/user/signout')),
  signOutEverywhere: () => data(client.POST('/api/v1/user/signout-all')),
  changeProfile: (body: ProfileChange) =>
    data(client.PATCH('/api/v1/user/me', { body })).then(({ user }) => user),
  sessions: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/user/sessions', options(signal))).then(({ sessions }) => sessions),
  endSession: (sessionId: string) =>
    data(client.DELETE('/api/v1/user/sessions/{sessionId}', { params: { path: { sessionId } } })),
  apiKeys: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/user/api-keys', options(signal))).then(({ apiKeys }) => apiKeys),
  makeApiKey: (body: NewKey) => data(client.POST('/api/v1/user/api-keys', { body })),
  deleteApiKey: (keyId: string) =>
    data(client.DELETE('/api/v1/user/api-keys/{keyId}', { params: { path: { keyId } } })),
  accounts: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/accounts', options(signal))).then(({ accounts }) => accounts),
  openAccount: (body: NewAccount, idempotencyKey: string) => {
    const header = { 'Idempotency-Key': idempotencyKey }
    const answer = data(client.POST('/api/v1/accounts', { body, params: { header } }))
    return answer.then(({ account }) => account)
  },
  changeAccount: (accountId: string, body: AccountChange) =>
    data(client.PATCH('/api/v1/accounts/{accountId}', { params: { path: { accountId } }, body })),
  resetAccount: (accountId: string, balance: string) => {
    const params = { path: { accountId } }
    return data(client.POST('/api/v1/accounts/{accountId}/reset', { params, body: { balance } }))
  },
  closeAccount: (accountId: string) =>
    data(client.DELETE('/api/v1/accounts/{accountId}', { params: { path: { accountId } } })),
  /** How well an account has traded in a period, in Unix ms. */
  performance: (accountId: string, query: PerformanceQuery, signal?: AbortSignal) => {
    const params = { path: { accountId }, query }
    return data(
      client.GET('/api/v1/accounts/{accountId}/performance', { params, ...options(signal) }),
    )
  },
  leaderboard: (query: LeaderboardQuery, signal?: AbortSignal) =>
    data(client.GET('/api/v1/leaderboard', { params: { query }, ...options(signal) })),
  closedPosition: (positionId: string, signal?: AbortSignal) => {
    const params = { path: { positionId } }
    return data(
      client.GET('/api/v1/closed-positions/{positionId}', { params, ...options(signal) }),
    ).then(({ position }) => position)
  },
  wsTicket: () => data(client.GET('/api/v1/user/ws-ticket')).then(({ ticket }) => ticket),

  balance: () => data(client.GET('/api/v1/order/user/balance')).then(({ balance }) => balance),
  openOrders: async () => {
    const query = { status: 'OPEN' } as const
    const { orders } = await data(client.GET('/api/v1/order/user/orders', { params: { query } }))
    return orders.filter((order): order is OpenOrder => order.status === 'OPEN')
  },
  /** Reports whether a position was ever closed. */
  hasClosed: async () => {
    const query = { status: 'CLOSED', limit: 1 } as const
    const page = await data(client.GET('/api/v1/order/user/orders', { params: { query } }))
    return page.orders.length > 0
  },
  place: (body: PlaceRequest, idempotencyKey: string) => {
    const header = { 'Idempotency-Key': idempotencyKey }
    return data(client.POST('/api/v1/orders', { body, params: { header } }))
  },
  /** The orders that have expired, newest first. */
  expiredOrders: (limit: number) => {
    const answer = data(
      client.GET('/api/v1/orders', { params: { query: { status: ['EXPIRED'], limit } } }),
    )
    return (answer as Promise<{ orders: PlacedOrder[] }>).then(({ orders }) => orders)
  },
  restingOrders: () => {
    const answer = data(client.GET('/api/v1/orders', { params: { query: { status: ['NEW'] } } }))
    // The other type is that of `format=csv`.
    return (answer as Promise<{ orders: PlacedOrder[] }>).then(({ orders }) => orders)
  },
  /** An order in any state. */
  order: (orderId: string) =>
    data(client.GET('/api/v1/orders/{orderId}', { params: { path: { orderId } } })),
  cancel: (orderId: string) =>
    data(client.DELETE('/api/v1/orders/{orderId}', { params: { path: { orderId } } })),
  amend: (orderId: string, body: AmendRequest) =>
    data(client.PATCH('/api/v1/orders/{orderId}', { body, params: { path: { orderId } } })),
  cancelAll: () => data(client.DELETE('/api/v1/orders')),
  accountSettings: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/account/settings', options(signal))),
  setLeverage: (asset: Asset, leverage: number) =>
    data(client.PUT('/api/v1/account/leverage', { body: { asset, leverage } })),
  /** Closes a quantity of a position, or all of it without one. */
  close: (positionId: string, body: ClosingPart, idempotencyKey: string) => {
    const params = ofPosition(positionId, idempotencyKey)
    return data(client.POST('/api/v1/positions/{positionId}/close', { params, body }))
  },
  closeAll: () => data(client.POST('/api/v1/positions/close-all')),
  reverse: (positionId: string, priceLimit: string | null, idempotencyKey: string) => {
    const params = ofPosition(positionId, idempotencyKey)
    return data(
      client.POST('/api/v1/positions/{positionId}/reverse', { params, body: { priceLimit } }),
    )
  },
  /** Adds to the margin of a position or, with an amount below zero, takes from it. */
  changeMargin: (positionId: string, amount: string, idempotencyKey: string) => {
    const params = ofPosition(positionId, idempotencyKey)
    return data(client.POST('/api/v1/positions/{positionId}/margin', { params, body: { amount } }))
  },
  modify: (orderId: string, body: ModifyRequest) =>
    data(client.PATCH('/api/v1/order/{orderId}', { body, params: { path: { orderId } } })),

  /** The newest fills since a time (Unix ms). */
  fillsSince: (from: number, limit: number) => {
    const answer = data(client.GET('/api/v1/fills', { params: { query: { from, limit } } }))
    return (answer as Promise<FillPage>).then(({ fills }) => fills)
  },

  /** The newest fundings since a time (Unix ms). */
  fundingsSince: (from: number, limit: number) => {
    const query = { from, limit, kind: ['FUNDING_FEE' as const] }
    const answer = data(client.GET('/api/v1/income', { params: { query } }))
    return (answer as Promise<IncomePage>).then(({ income }) => income)
  },

  /** A file of the API, with the headers that a link can't have. */
  file: async (address: string): Promise<Blob> =>
    (await send(new Request(new URL(address, location.origin)))).blob(),

  markets: (signal?: AbortSignal) =>
    data(client.GET('/api/v1/markets', options(signal))).then(({ markets }) => markets),
  /** The mark prices of the markets that have one. */
  marks: (signal?: AbortSignal) => {
    const params = { query: { limit: 1 } }
    const answer = client.GET('/api/v1/funding', { params, ...options(signal) })
    return data(answer).then(({ markets }) => markets)
  },
  /** The last 24 hours of all markets, each with so many points of a sparkline. */
  tickers: (sparkline: number, signal?: AbortSignal) => {
    const params = { query: { sparkline } }
    const answer = client.GET('/api/v1/tickers', { params, ...options(signal) })
    return data(answer).then(({ tickers }) => tickers)
  },
  /** The response as text: `live/frames.ts` reads the digits, because JSON would round them. */
  candles: (query: CandleRange, signal?: AbortSignal): Promise<string> =>
    data(client.GET('/candles', { params: { query }, parseAs: 'text', ...options(signal) })),
}
