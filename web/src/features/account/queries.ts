/** Queries for the profile, sessions and API keys of an account. */

import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { TradingAccount } from '@/api/schema'
import { queryClient } from '@/query-client'
import { meQuery } from '@/session'

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

export function useApiKeys() {
  return useQuery(apiKeysQuery)
}

export function useChangeProfile() {
  return useMutation({
    mutationFn: api.changeProfile,
    onSuccess(user) {
      queryClient.setQueryData(meQuery.queryKey, user)
      // A new password ends all other sessions.
      return queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
}

export function useEndSession() {
  return useMutation({
    mutationFn: api.endSession,
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
}

export function useMakeApiKey() {
  return useMutation({
    mutationFn: api.makeApiKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
    // The secret is shown once and must not stay in the cache.
    gcTime: 0,
  })
}

export function useDeleteApiKey() {
  return useMutation({
    mutationFn: api.deleteApiKey,
    onSettled: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  })
}
