/** Every link of the site. */
export const paths = {
  landing: '/',
  signIn: '/signin',
  register: '/register',
  help: '/help',
  trade: '/trade',
  account: '/account',

  /** Sign in, then go back to where one was. */
  signInThen(next: string, reason?: SignInReason): string {
    const query = new URLSearchParams({ next })
    if (reason) query.set('reason', reason)
    return `/signin?${query}`
  },

  /** Register, then go where one wanted to. */
  registerThen(next: string): string {
    return next === '/trade' ? '/register' : `/register?${new URLSearchParams({ next })}`
  },
} as const

/** Why one is at the sign-in page; the gateway's links use the same words. */
export type SignInReason =
  'session-over' | 'signed-out' | 'link-expired' | 'link-invalid' | 'unavailable'

/** Where to go after signing in. Only paths of this site: a link may carry anything as `next`. */
export function nextPath(search: URLSearchParams): string {
  const next = search.get('next')
  return next && /^\/(?![/\\\s])/.test(next) ? next : paths.trade
}
