import type { createBrowserRouter } from 'react-router'
import { paths } from '@/paths'
import { meQuery, end } from '@/session'
import { queryClient } from '@/query-client'

/** The server knows this session no more: to the sign-in page, and back from there. */
export function leaveEndedSession(router: ReturnType<typeof createBrowserRouter>): void {
  // The very first question, who is signed in, is answered with a 401 as well; nothing ended then.
  if (!queryClient.getQueryData(meQuery.queryKey)) return
  const { pathname, search } = router.state.location
  end()
  if (pathname === paths.trade || pathname === paths.account) {
    void router.navigate(paths.signInThen(pathname + search, 'session-expired'))
  }
}
