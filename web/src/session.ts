/** The signed-in user, sign-in and sign-out. */

import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, chosenAccount, shownAccount } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { User } from '@/api/schema'
import { connect } from '@/live/connection'
import { nextPath, paths } from '@/paths'
import { queryClient } from '@/query-client'
import { tellTabs } from '@/session-tabs'
import { forTab, load, save } from '@/storage'

/** The signed-in user; null if there is none, which is not an error for most pages. */
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

/** Makes this page show the account that the user has chosen in it, and tells the other tabs. */
function shown(user: User): User {
  shownAccount.set(user.userId)
  chosenAccount.set(load(choiceKey(user.userId), isText, null, forTab))
  tellTabs(user.userId)
  return user
}

const choiceKey = (userId: string) => `account.${userId}`

const isText = (value: unknown): value is string | null => typeof value === 'string'

/**
 * Shows another account of the user in this tab; null for the first one. Reloads the page, so that
 * no data of one account remains on the page of another.
 */
export function chooseAccount(accountId: string | null): void {
  const userId = shownAccount.get()
  if (userId === null || accountId === chosenAccount.get()) return
  save(choiceKey(userId), accountId, forTab)
  location.reload()
}

export function useMe(): User | null {
  return useQuery(meQuery).data ?? null
}

/** Reports whether nobody is signed in; false until that is known, which the page's opening sees to. */
export function useIsVisitor(): boolean {
  return useQuery({ ...meQuery, enabled: false }).data === null
}

/** The opening of public pages. Connects for prices, signed in or not. */
export async function openSession(): Promise<null> {
  const user = await queryClient.query(meQuery).catch(() => null)
  connect(user !== null)
  return null
}

/** The opening of the trading page, which shows visitors everything but an account. */
export async function openTrading(): Promise<null> {
  const user = await queryClient.query(meQuery)
  connect(user !== null)
  return null
}

/**
 * The opening of sign-in and registration. Sends users who are already signed in to `next`,
 * except guests, who register or leave for another account.
 */
export async function requireNobody(): Promise<string | null> {
  await openSession()
  const { searchParams } = new URL(location.href)
  // The page shows why an emailed link failed, even to a signed-in user.
  const isTold = searchParams.get('reason')?.startsWith('link-')
  const user = queryClient.getQueryData(meQuery.queryKey)
  if (isTold || !user || user.guest) return null
  return nextPath(searchParams)
}

/** The opening of pages that require sign-in. */
export async function requireSession(): Promise<string | null> {
  const user = await queryClient.query(meQuery)
  if (!user) {
    return paths.signInThen(location.pathname + location.search)
  }
  connect(true)
  return null
}

/** Starts the session after sign-in or registration. */
export function begin(user: User): void {
  // Data of one user must never be shown to the next.
  queryClient.clear()
  queryClient.setQueryData(meQuery.queryKey, shown(user))
  connect(true)
}

/** Creates an account for a visitor, who becomes a guest on the page that is open. */
export async function becomeGuest(): Promise<void> {
  try {
    const { user } = await api.becomeGuest()
    // Nothing in the cache belongs to anybody yet.
    queryClient.setQueryData(meQuery.queryKey, shown(user))
  } catch (error) {
    // Another tab was faster, and all tabs share its session.
    if (!(error instanceof ApiError) || error.code !== 'ALREADY_SIGNED_IN') throw error
    await queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
  }
  connect(Boolean(queryClient.getQueryData(meQuery.queryKey)))
}

/** Shows that a guest has registered. The account stays the same, and its data with it. */
export function keep(user: User): void {
  queryClient.setQueryData(meQuery.queryKey, user)
  tellTabs(user.userId, true)
}

/** Clears the session after sign-out, or after the server has ended it. */
export function end(): void {
  // Active queries would be fetched again immediately, and be refused.
  queryClient.removeQueries({ type: 'inactive' })
  queryClient.setQueryData(meQuery.queryKey, null)
  shownAccount.set(null)
  chosenAccount.set(null)
  connect(false)
}

/** Signs out. `leave` goes to a public page before the data of this one is cleared. */
export async function signOut(leave: () => void): Promise<void> {
  await api.signOut()
  depart(leave)
}

/** Ends every session of the account; API keys remain valid. */
export async function signOutEverywhere(leave: () => void): Promise<void> {
  await api.signOutEverywhere()
  depart(leave)
}

function depart(leave: () => void): void {
  tellTabs(null)
  queryClient.setQueryData(meQuery.queryKey, null)
  leave()
  end()
}
