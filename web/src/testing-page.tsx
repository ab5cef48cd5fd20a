/** The frame in which tests show a page or a large part of one, with a server that never answers. */

import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import { queryClient } from '@/query-client'
import { stubInView } from '@/testkit'
import { TooltipProvider } from '@/ui/tooltip'

/** Shows a page, with those of its parts that are loaded already. */
export async function showPage(page: ReactNode): Promise<void> {
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  stubInView()
  await act(async () => {
    render(
      <QueryClientProvider client={queryClient}>
        <TooltipProvider>{page}</TooltipProvider>
      </QueryClientProvider>,
    )
  })
}

/** Removes the page and all that it has kept. */
export function leavePage(): void {
  cleanup()
  queryClient.clear()
  localStorage.clear()
  vi.unstubAllGlobals()
}
