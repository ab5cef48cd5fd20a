import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/api/errors'

/** The cache of server data. Prices never enter it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // Only temporary failures are retried.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
    // Send immediately or fail: by default an offline browser queues a mutation and sends it once
    // the network is back, at prices that the trader has not seen.
    mutations: { networkMode: 'always', retry: false },
  },
})
