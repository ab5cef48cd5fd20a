import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import '@/styles.css'
import { accountsMistaken, sessionsEnded } from '@/api/client'
import { isOutdated, startWorker } from '@/install'
import { loadTexts } from '@/locale'
import { queryClient } from '@/query-client'
import { loadFirst, Site } from '@/routes'
import { changeAccount, followTabs, leaveEndedSession } from '@/session-end'
import { useStore } from '@/store'
import { lazyWhenIdle } from '@/ui/lazy-when-idle'
import { messageLog } from '@/ui/toast'
import { TooltipProvider } from '@/ui/tooltip'
import { UpdateNotice } from '@/ui/update-notice'

sessionsEnded.subscribe(leaveEndedSession)
accountsMistaken.subscribe(changeAccount)
if (import.meta.env.PROD)
  window.addEventListener('load', () => void startWorker().catch(() => undefined))

const Toasts = lazyWhenIdle(async () => ({ default: (await import('@/ui/toasts')).Toasts }))

import('@/ui/keep-focus').then(({ keepFocus }) => keepFocus(document)).catch(() => undefined)

/** The toasts, once there is one. What shows them has been loaded before, in case it says offline. */
function LaterToasts() {
  const hasAny = useStore(messageLog).length > 0
  return hasAny ? (
    <Suspense>
      <Toasts />
    </Suspense>
  ) : null
}

/** Shows that this page is not the newest version, once that is so. */
function Updates() {
  return useStore(isOutdated) ? <UpdateNotice /> : null
}

const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no #root')

const page = createRoot(root)

// The texts are loaded beside the chunk of the first page.
loadFirst()
loadTexts('trade').then(start, () => {
  // In English, since there are no texts in any language.
  root.textContent = 'Velox can’t be loaded. Check the connection, then reload the page.'
})

function start(): void {
  // It may have something to tell.
  followTabs()
  page.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <TooltipProvider>
          <Site />
          <LaterToasts />
          <Updates />
        </TooltipProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
