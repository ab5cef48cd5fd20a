import type { createBrowserRouter } from 'react-router'
import { paths } from '@/paths'
import { meQuery, end } from '@/session'
import { queryClient } from '@/query-client'

type Router = ReturnType<typeof createBrowserRouter>

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
