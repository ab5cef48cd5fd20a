/** The HTTP API. Components call the hooks of their feature's queries.ts, which call this. */

import { ApiError, errorOf } from '@/api/errors'
import type {
  AccountState,
  BalanceSheet,
  ClosedOrder,
  ModifyRequest,
  OpenOrder,
  OpenRequest,
  Order,
  User,
} from '@/api/schema'
import type { Asset } from '@/assets'
import { createStore } from '@/store'

/** Above the 5 s for which the gateway waits for the engine. */
const TIMEOUT_MS = 12_000

/** Counts how often the API said that nobody is signed in: pages behind sign-in go there. */
export const sessionsEnded = createStore(0)

type Options = { body?: unknown; idempotencyKey?: string; signal?: AbortSignal }

async function send(method: string, path: string, options: Options = {}): Promise<string> {
  const headers: Record<string, string> = {}
  // Also without a body: it is what no other site's form can send.
  if (method !== 'GET') headers['Content-Type'] = 'application/json'
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(path, {
      method,
      headers,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      ...(method === 'GET' ? {} : { body: JSON.stringify(options.body ?? {}) }),
    })
    text = await response.text()
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new ApiError(0, 'NETWORK', 'Velox can’t be reached. Check the connection.')
  }
  if (response.ok) return text
  const error = errorOf(response, readJson(text))
  const isSessionOver = error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED'
  if (isSessionOver) sessionsEnded.set((count) => count + 1)
  throw error
}

async function json<T>(method: string, path: string, options?: Options): Promise<T> {
  return JSON.parse(await send(method, path, options)) as T
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

type Changed<T extends Order> = { order: T; balance: AccountState; repeated?: boolean }

const USER = '/api/v1/user'
const ORDER = '/api/v1/order'

export const api = {
  me: (signal?: AbortSignal) =>
    json<{ user: User }>('GET', `${USER}/me`, signal ? { signal } : {}).then((body) => body.user),
  signUp: (body: { email: string; phone: string; password: string }) =>
    json<{ user: User; notice?: string }>('POST', `${USER}/signup`, { body }),
  signIn: (body: { email: string; password: string }) =>
    json<{ user: User }>('POST', `${USER}/signin`, { body }),
  signOut: () => json<unknown>('POST', `${USER}/signout`),
  magicLink: (email: string) =>
    json<{ message: string }>('POST', `${USER}/magic-link`, { body: { email } }),
  wsTicket: () => json<{ ticket: string }>('GET', `${USER}/ws-ticket`).then((body) => body.ticket),

  balance: () =>
    json<{ balance: BalanceSheet }>('GET', `${ORDER}/user/balance`).then((body) => body.balance),
  openOrders: () =>
    json<{ orders: OpenOrder[] }>('GET', `${ORDER}/user/orders?status=OPEN`).then((b) => b.orders),
  closedOrders: (cursor: string | null, limit: number) =>
    json<{ orders: ClosedOrder[]; nextCursor: string | null }>(
      'GET',
      `${ORDER}/user/orders?${new URLSearchParams({
        status: 'CLOSED',
        limit: String(limit),
        ...(cursor ? { cursor } : {}),
      })}`,
    ),
  open: (body: OpenRequest, idempotencyKey: string) =>
    json<Changed<Order>>('POST', `${ORDER}/open`, { body, idempotencyKey }),
  close: (orderId: string, idempotencyKey: string) =>
    json<Changed<ClosedOrder>>('POST', `${ORDER}/close/${orderId}`, { idempotencyKey }),
  modify: (orderId: string, body: ModifyRequest) =>
    json<Changed<OpenOrder>>('PATCH', `${ORDER}/${orderId}`, { body }),

  /** As text: the digits of the numbers are read by `live/frames.ts`, not by JSON. */
  candles: (
    query: { asset: Asset; duration: string; limit: number; from?: number; to?: number },
    signal?: AbortSignal,
  ) => {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) search.set(name, String(value))
    return send('GET', `/candles?${search}`, signal ? { signal } : {})
  },
}
