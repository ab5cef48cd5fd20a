/** The address of the page, and how to change it. */

import { flushSync } from 'react-dom'
import { useLocation, useSearch } from 'wouter'
import { navigate } from 'wouter/use-browser-location'

/** Returns a function that goes to a path of this site. */
export function useNavigate() {
  return useLocation()[1]
}

/** Returns the path of the page, without its query. */
export function usePathname(): string {
  return useLocation()[0]
}

/** Returns the address of the page on this site, to return to it. */
export function useHere(): string {
  const [pathname, search] = [usePathname(), useSearch()]
  return search === '' ? pathname : `${pathname}?${search}`
}

/** Leaves the page: when this returns, the page is gone, and its data can be cleared. */
export function leaveFor(path: string): void {
  flushSync(() => navigate(path))
}
