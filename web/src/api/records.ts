/** What the server keeps of an account: pages of it, its totals and files, all of one filter. */

import { client, data, options } from '@/api/client'
import type {
  ClosedOrder,
  ClosedTotals,
  FillPage,
  FillTotals,
  IncomePage,
  IncomeSummary,
  OrderPage,
  OrderTotals,
} from '@/api/schema'

/** The parameters of a filter as the API names them. */
export type RecordQuery = Readonly<Record<string, string | number>>

const PAGE_LEN = 50

const PATHS = {
  positions: '/api/v1/positions',
  orders: '/api/v1/orders',
  fills: '/api/v1/fills',
  closed: '/api/v1/order/user/closed-orders.csv',
  income: '/api/v1/income',
} as const

/** Returns the address of all that a filter names, as a file for the browser to download. */
export function fileAddress(of: keyof typeof PATHS, query: RecordQuery): string {
  const format = of === 'closed' ? {} : { format: 'csv' }
  const text = new URLSearchParams(
    Object.entries({ ...query, ...format }).map(([name, value]) => [name, String(value)]),
  ).toString()
  return text === '' ? PATHS[of] : `${PATHS[of]}?${text}`
}

type Path = '/api/v1/orders' | '/api/v1/fills' | '/api/v1/income' | '/api/v1/order/user/orders'
type SumPath =
  | '/api/v1/orders/summary'
  | '/api/v1/fills/summary'
  | '/api/v1/income/summary'
  | '/api/v1/order/user/realized-pnl'

/** Fetches a page. The paths differ in their types alone, which the callers name. */
function page<T>(path: Path, query: RecordQuery, cursor: string | null, signal: AbortSignal) {
  const params = { query: { ...query, limit: PAGE_LEN, ...(cursor ? { cursor } : {}) } as object }
  return data(client.GET(path as '/api/v1/fills', { params, ...options(signal) })) as Promise<T>
}

function sum<T>(path: SumPath, query: RecordQuery, signal?: AbortSignal) {
  const params = { query: query as object }
  const answer = client.GET(path as '/api/v1/fills/summary', { params, ...options(signal) })
  return data(answer) as Promise<unknown> as Promise<T>
}

type Cursor = string | null

export const records = {
  /** A page of the orders that have ended. */
  orders: (query: RecordQuery, cursor: Cursor, signal: AbortSignal) =>
    page<OrderPage>('/api/v1/orders', query, cursor, signal),
  orderTotals: (query: RecordQuery, signal: AbortSignal) =>
    sum<{ totals: OrderTotals }>('/api/v1/orders/summary', query, signal).then((of) => of.totals),

  fills: (query: RecordQuery, cursor: Cursor, signal: AbortSignal) =>
    page<FillPage>('/api/v1/fills', query, cursor, signal),
  fillTotals: (query: RecordQuery, signal: AbortSignal) =>
    sum<{ totals: FillTotals }>('/api/v1/fills/summary', query, signal).then((of) => of.totals),

  closed: (query: RecordQuery, cursor: Cursor, signal: AbortSignal) =>
    page<{ orders: ClosedOrder[]; nextCursor: string | null }>(
      '/api/v1/order/user/orders',
      { ...query, status: 'CLOSED' },
      cursor,
      signal,
    ),
  closedTotals: (query: RecordQuery, signal: AbortSignal) =>
    sum<{ realized: ClosedTotals }>('/api/v1/order/user/realized-pnl', query, signal).then(
      (of) => of.realized,
    ),

  income: (query: RecordQuery, cursor: Cursor, signal: AbortSignal) =>
    page<IncomePage>('/api/v1/income', query, cursor, signal),
  incomeTotals: (query: RecordQuery, signal: AbortSignal) =>
    sum<IncomeSummary>('/api/v1/income/summary', query, signal),
  /** The exact sum of all lines up to a time, which is part of them. */
  incomeUpTo: (time: number, signal: AbortSignal) =>
    sum<IncomeSummary>('/api/v1/income/summary', { to: time + 1 }, signal).then(({ total }) =>
      BigInt(total.amountInt),
    ),
}
