import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, type LeaderboardQuery } from '@/api/client'

/** The server computes it at most once a minute. */
const REFRESH_MS = 60_000

export function useLeaderboard(query: LeaderboardQuery) {
  return useQuery({
    queryKey: ['leaderboard', query],
    queryFn: ({ signal }) => api.leaderboard(query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  })
}
