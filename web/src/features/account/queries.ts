/** Queries for the profile, sessions and API keys of an account. */

import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { api } from '@/api/client'
import { queryClient } from '@/query-client'
import { meQuery } from '@/session'

const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => api.sessions(signal),
  // Sessions begin and end on other devices.
  staleTime: 0,
  refetchOnWindowFocus: true,
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
