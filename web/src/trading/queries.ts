/** The account in the query cache, and the mutations that change it. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type {
  AccountState,
  AmendRequest,
  ModifyRequest,
  Order,
  PlacedOrder,
  PlaceRequest,
  PositionAnswer,
} from '@/api/schema'
import { noteSymbol } from '@/markets'
import { queryClient } from '@/query-client'
import { meQuery } from '@/session'
import { useSoleMutation } from '@/sole-mutation'
import { type Account, fetched, withBalance, withOrder, withPlaced } from '@/trading/account'
import type { Keyed } from '@/trading/use-once'

const ACCOUNT_KEY = ['account']

/** The maximum number of fetches in a row for an account that keeps changing. */
const FETCHES_MAX = 5

/** The number of calls of `updateAccount`. */
let changes = 0

export const accountQuery = queryOptions({
  queryKey: ACCOUNT_KEY,
  queryFn: fetchAccount,
  // Events keep it up to date; it is fetched again when some may have been missed.
  staleTime: Number.POSITIVE_INFINITY,
  // Visitors who are not signed in see the chart, but have no account.
  enabled: () => queryClient.getQueryData(meQuery.queryKey) !== null,
})

/** Fetches the account; again if it changed meanwhile, as the response may lack the change. */
async function fetchAccount(): Promise<Account> {
  for (let fetches = 1; ; fetches += 1) {
    const before = changes
    const [positions, orders, sheet] = await Promise.all([
      api.openOrders(),
      api.restingOrders(),
      api.balance(),
    ])
    for (const { asset } of [...positions, ...orders]) noteSymbol(asset)
    if (before === changes || fetches === FETCHES_MAX) {
      return fetched(positions, orders, sheet, queryClient.getQueryData<Account>(ACCOUNT_KEY))
    }
  }
}

/** The position mode of the account, and its leverages. */
export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => api.accountSettings(signal),
  // The mode changes only by a request of the owner, in another tab or program.
  staleTime: 60_000,
  enabled: () => queryClient.getQueryData(meQuery.queryKey) !== null,
})

export function useAccount() {
  return useQuery(accountQuery)
}

/** Changes the cached account, if there is one. */
export function updateAccount(change: (account: Account) => Account): void {
  changes += 1
  queryClient.setQueryData<Account>(ACCOUNT_KEY, (account) => account && change(account))
}

export function refetchAccount(): void {
  void queryClient.invalidateQueries({ queryKey: ACCOUNT_KEY })
  void queryClient.invalidateQueries({ queryKey: ['realized'] })
}

/** Applies a response. The event of the same change may come before or after it. */
export function applyAnswer({ order, balance }: { order: Order; balance: AccountState }): void {
  updateAccount((account) => {
    const event =
      order.status === 'CLOSED'
        ? ({ event: 'ORDER_CLOSED', order } as const)
        : ({ event: 'ORDER_MODIFIED', order } as const)
    return withBalance(withOrder(account, event), balance)
  })
}

export type Placing = Keyed<PlaceRequest> & {
  /** The leverage to set before, of an account whose orders are netted. */
  leverage?: number | null
}

export function usePlaceOrder() {
  return useSoleMutation({
    mutationFn: async ({ request, key, leverage = null }: Placing) => {
      if (leverage !== null) {
        await api.setLeverage(request.asset, leverage)
        void queryClient.invalidateQueries({ queryKey: settingsQuery.queryKey })
      }
      return api.place(request, key)
    },
    onSuccess: applyPositionAnswer,
  })
}

/** Applies a response about an order and a position, either of which may be missing. */
export function applyPositionAnswer({ order, position, account }: PositionAnswer): void {
  applyPlaced(order ? [order] : [], account)
  if (position) applyAnswer({ order: position, balance: account })
}

/** Applies what a response says about orders. The events of the same change may come before or after. */
function applyPlaced(orders: readonly PlacedOrder[], balance: AccountState): void {
  updateAccount((account) => withBalance(orders.reduce(withPlaced, account), balance))
}

export function useCancelOrder() {
  return useSoleMutation({
    mutationFn: api.cancel,
    onSuccess: ({ order, account }) => applyPlaced([order], account),
  })
}

export function useAmendOrder() {
  return useSoleMutation({
    mutationFn: ({ orderId, change }: { orderId: string; change: AmendRequest }) =>
      api.amend(orderId, change),
    // The new price may be one that the market has reached, which opens a position.
    onSuccess: applyPositionAnswer,
  })
}

export function useCancelAll() {
  return useSoleMutation({
    mutationFn: api.cancelAll,
    onSuccess: ({ orders, account }) => applyPlaced(orders, account),
  })
}

export function useModifyPosition() {
  return useSoleMutation({
    mutationFn: ({ orderId, request }: { orderId: string; request: ModifyRequest }) =>
      api.modify(orderId, request),
    onSuccess: applyAnswer,
  })
}
