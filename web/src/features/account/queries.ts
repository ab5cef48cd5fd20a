/** Queries for the profile, sessions and API keys of an account. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { AccountChange, NewAccount, TradingAccount } from '@/api/schema'
import { queryClient } from '@/query-client'
import { meQuery } from '@/session'
import { useSoleMutation } from '@/sole-mutation'

const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => api.sessions(signal),
  // Sessions begin and end on other devices.
  staleTime: 0,
  refetchOnWindowFocus: true,
})

const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: ({ signal }) => api.accounts(signal),
  refetchOnWindowFocus: true,
  // Visitors who are not signed in have none.
  enabled: () => queryClient.getQueryData(meQuery.queryKey) != null,
})

const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ signal }) => api.apiKeys(signal),
  staleTime: 0,
  refetchOnWindowFocus: true,
})

export function useSessions() {
  return useQuery(sessionsQuery)
}

/** Returns the user's open accounts, the first one first; none until they are known. */
export function useOpenAccounts(): readonly TradingAccount[] {
  return useQuery(accountsQuery).data?.filter(({ closedAt }) => closedAt === null) ?? []
}

/** Returns all accounts of the user, closed ones too. */
export function useAccounts() {
  return useQuery(accountsQuery)
}

/** A mutation of an account, after which the list and all that accounts have is fetched again. */
function useAccountMutation<Given, Result>(mutationFn: (given: Given) => Promise<Result>) {
  return useSoleMutation({
    mutationFn,
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['leaderboard'] })
      void queryClient.invalidateQueries({ queryKey: ['performance'] })
      return queryClient.invalidateQueries({ queryKey: accountsQuery.queryKey })
    },
  })
}

/** Opens an account. The same key opens no second one. */
export function useOpenAccount() {
  return useAccountMutation(({ account, key }: { account: NewAccount; key: string }) =>
    api.openAccount(account, key),
  )
}

export function useChangeAccount() {
  return useAccountMutation(({ id, change }: { id: string; change: AccountChange }) =>
    api.changeAccount(id, change),
  )
}

/** Closes and cancels all that an account has, and begins again with a balance. */
export function useResetAccount() {
  return useAccountMutation(({ id, balance }: { id: string; balance: string }) =>
    api.resetAccount(id, balance),
  )
}

export function useCloseAccount() {
  return useAccountMutation((id: string) => api.closeAccount(id))
}

export function useApiKeys() {
  return useQuery(apiKeysQuery)
}

export function useChangeProfile() {
  return useSoleMutation({
    mutationFn: api.changeProfile,
    onSuccess(user) {
      queryClient.setQueryData(meQuery.queryKey, user)
      // A new password ends all other sessions.
      return queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
}

export function useEndSession() {
  return useSoleMutation({
    mutationFn: api.endSession,
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
}

export function useMakeApiKey() {
  return useSoleMutation({
    mutationFn: api.makeApiKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
    // The secret is shown once and must not stay in the cache.
    gcTime: 0,
  })
}

export function useDeleteApiKey() {
  return useSoleMutation({
    mutationFn: api.deleteApiKey,
    onSettled: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  })
}
