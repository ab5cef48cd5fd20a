import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/api/errors'

/** The cache of what the server knows. Prices never enter it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // A refusal stays one; what may pass is tried again.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
    // Sent now or not at all: by default a mutation of a browser that is offline waits, and is sent
    // when the network is back, at prices that nobody has seen.
    mutations: { networkMode: 'always', retry: false },
  },
})
