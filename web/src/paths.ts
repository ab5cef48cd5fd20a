/** The paths of all pages. */
export const paths = {
  landing: '/',
  signIn: '/signin',
  register: '/register',
  help: '/help',
  trade: '/trade',
  markets: '/markets',
  account: '/account',
  portfolio: '/portfolio',
  leaderboard: '/leaderboard',

  /** The trading page with a market. */
  tradeOf(asset: string): string {
    return `/trade?${new URLSearchParams({ asset })}`
  },

  /** The sign-in page, which then returns to `next`. */
  signInThen(next: string, reason?: SignInReason): string {
    const query = new URLSearchParams({ next })
    if (reason) query.set('reason', reason)
    return `/signin?${query}`
  },

  /** The registration page, which then goes to `next`. */
  registerThen(next: string): string {
    return next === '/trade' ? '/register' : `/register?${new URLSearchParams({ next })}`
  },
} as const

/** The reason for which a user is sent to sign-in; the gateway's redirects use the same values. */
export type SignInReason =
  'session-over' | 'signed-out' | 'link-expired' | 'link-invalid' | 'unavailable'

/** Returns the path to open after sign-in. Only paths of this site: links are untrusted. */
export function nextPath(search: URLSearchParams): string {
  const next = search.get('next')
  return next && /^\/(?![/\\\s])/.test(next) ? next : paths.trade
}
