/** What becomes of this page when another tab, or the server, ends or changes its session. */

import type { createBrowserRouter } from 'react-router'
import { shownAccount } from '@/api/client'
import { connect } from '@/live/connection'
import { paths } from '@/paths'
import { meQuery, end } from '@/session'
import { queryClient } from '@/query-client'
import { hearTabs } from '@/session-tabs'
import { forTab, load, save } from '@/storage'
import { toast } from '@/ui/toast'

type Router = ReturnType<typeof createBrowserRouter>

const CHANGED = 'account-changed'

/** The server knows this session no more: to the sign-in page, and back from there. */
export function leaveEndedSession(router: Router): void {
  // The very first question, who is signed in, is answered with a 401 as well; nothing ended then.
  if (!queryClient.getQueryData(meQuery.queryKey)) return
  queryClient.setQueryData(meQuery.queryKey, null)
  void leave(router)
}

/** First away from what would ask the server again, then everything is forgotten. */
async function leave(router: Router): Promise<void> {
  const { pathname, search } = router.state.location
  if (pathname === paths.trade || pathname === paths.account) {
    await router.navigate(paths.signInThen(pathname + search, 'session-over'))
  }
  end()
}

/** Follows what is signed in and out in other tabs: a browser has one session for all of them. */
export function followTabs(router: Router): void {
  hearTabs((userId) => {
    const shown = shownAccount.get()
    if (userId === shown) return
    if (userId === null) return leaveEndedSession(router)
    if (shown !== null) return changeAccount()
    void queryClient
      .invalidateQueries({ queryKey: meQuery.queryKey })
      .then(() => connect(Boolean(queryClient.getQueryData(meQuery.queryKey))))
  })
  if (load(CHANGED, (value) => value === true, false, forTab)) {
    save(CHANGED, false, forTab)
    toast('info', 'Another account is signed in now', 'It was signed in in another tab.')
  }
}

/** Begins the page anew: nothing of one account may be left on the page of another. */
export function changeAccount(): void {
  save(CHANGED, true, forTab)
  location.reload()
}
