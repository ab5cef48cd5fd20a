/** Who is signed in, and the ways in and out. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { redirect } from 'react-router'
import { api, shownAccount } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { User } from '@/api/schema'
import { connect } from '@/live/connection'
import { nextPath, paths } from '@/paths'
import { queryClient } from '@/query-client'
import { tellTabs } from '@/session-tabs'

/** Null when nobody is: for most pages that is no error. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<User | null> => {
    try {
      return shown(await api.me(signal))
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null
      throw error
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
})

/** From here on this page is that user's; other tabs that show another account learn of it. */
function shown(user: User): User {
  shownAccount.set(user.userId)
  tellTabs(user.userId)
  return user
}

export function useMe(): User | null {
  return useQuery(meQuery).data ?? null
}

/** Loader of the pages for everybody: prices flow, as whoever is signed in or as nobody. */
export async function openSession(): Promise<null> {
  const user = await queryClient.query(meQuery).catch(() => null)
  connect(user !== null)
  return null
}

/** Loader of the pages that let one in: whoever is signed in already goes where they lead to. */
export async function requireNobody({ request }: { request: Request }): Promise<null> {
  await openSession()
  const { searchParams } = new URL(request.url)
  // A link from a mail that did not work is told of to whoever opened it.
  const isTold = searchParams.get('reason')?.startsWith('link-')
  if (isTold || !queryClient.getQueryData(meQuery.queryKey)) return null
  throw redirect(nextPath(searchParams))
}

/** Loader of the pages behind sign-in. */
export async function requireSession({ request }: { request: Request }): Promise<User> {
  const user = await queryClient.query(meQuery)
  if (!user) {
    const { pathname, search } = new URL(request.url)
    throw redirect(paths.signInThen(pathname + search))
  }
  connect(true)
  return user
}

/** After signing in or up. */
export function begin(user: User): void {
  // What was fetched for one user must never be shown to the next.
  queryClient.clear()
  queryClient.setQueryData(meQuery.queryKey, shown(user))
  connect(true)
}

/** After signing out, or when the server says that the session is over. */
export function end(): void {
  // What is still on the screen would be fetched again at once, and be refused.
  queryClient.removeQueries({ type: 'inactive' })
  queryClient.setQueryData(meQuery.queryKey, null)
  shownAccount.set(null)
  connect(false)
}

/** `leave` goes to a page for everybody, before what this one knows is forgotten. */
export async function signOut(leave: () => void | Promise<void>): Promise<void> {
  await api.signOut()
  await depart(leave)
}

/** The same for every browser and program that is signed in; API keys stay. */
export async function signOutEverywhere(leave: () => void | Promise<void>): Promise<void> {
  await api.signOutEverywhere()
  await depart(leave)
}

async function depart(leave: () => void | Promise<void>): Promise<void> {
  tellTabs(null)
  queryClient.setQueryData(meQuery.queryKey, null)
  await leave()
  end()
}
