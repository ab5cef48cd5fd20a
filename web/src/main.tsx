import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import '@/styles.css'
import { accountsMistaken, sessionsEnded } from '@/api/client'
import { loadTexts } from '@/locale'
import { queryClient } from '@/query-client'
import { router } from '@/routes'
import { changeAccount, followTabs, leaveEndedSession } from '@/session-end'
import { Toasts } from '@/ui/toast'
import { TooltipProvider } from '@/ui/tooltip'

sessionsEnded.subscribe(() => leaveEndedSession(router))
accountsMistaken.subscribe(changeAccount)
followTabs(router)

const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no #root')

const page = createRoot(root)

// The texts are loaded beside the chunk of the first page, which the router has begun to load.
void loadTexts('trade').then(() =>
  page.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <TooltipProvider>
          <RouterProvider router={router} />
          <Toasts />
        </TooltipProvider>
      </QueryClientProvider>
    </StrictMode>,
  ),
)
