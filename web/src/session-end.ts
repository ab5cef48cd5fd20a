/** Handling of a session that the server or another tab has ended or changed. */

import { t } from '@lingui/core/macro'
import { shownAccount } from '@/api/client'
import { connect } from '@/live/connection'
import { leaveFor } from '@/navigation'
import { paths } from '@/paths'
import { meQuery, end } from '@/session'
import { queryClient } from '@/query-client'
import { hearTabs } from '@/session-tabs'
import { forTab, load, save } from '@/storage'
import { toast } from '@/ui/toast'

const CHANGED = 'account-changed'

/** Leaves for the sign-in page after the server has ended the session. */
export function leaveEndedSession(): void {
  // The first request for the current user also returns 401; no session has ended then.
  if (!queryClient.getQueryData(meQuery.queryKey)) return
  queryClient.setQueryData(meQuery.queryKey, null)
  leave()
}

/** Leaves the page before clearing the data, which the page would otherwise fetch again. */
function leave(): void {
  const { pathname, search } = location
  if (pathname === paths.trade || pathname === paths.account) {
    leaveFor(paths.signInThen(pathname + search, 'session-over'))
  }
  end()
}

/** Follows sign-in and sign-out in other tabs, since all tabs share one session. */
export function followTabs(): void {
  hearTabs((userId, isRegistered) => {
    const shown = shownAccount.get()
    if (userId === shown) {
      // The word of a registration alone: fetching the user tells the other tabs in turn.
      if (isRegistered) void queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
      return
    }
    if (userId === null) return leaveEndedSession()
    if (shown !== null) return changeAccount()
    void queryClient
      .invalidateQueries({ queryKey: meQuery.queryKey })
      .then(() => connect(Boolean(queryClient.getQueryData(meQuery.queryKey))))
  })
  if (load(CHANGED, (value) => value === true, false, forTab)) {
    save(CHANGED, false, forTab)
    toast('info', t`Account switched`, t`You signed in to another account in a different tab.`)
  }
}

/** Reloads the page, so that no data of one account remains on the page of another. */
export function changeAccount(): void {
  save(CHANGED, true, forTab)
  location.reload()
}
