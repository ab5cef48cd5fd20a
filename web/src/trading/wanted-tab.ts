/** The list of the account that something on the page wants to be shown. */

import { useEffect, useRef } from 'react'

export type WantedTab = 'open' | 'orders' | 'ended' | 'fills' | 'closed' | 'income'

const listeners = new Set<(tab: WantedTab) => void>()
let wanted: WantedTab | null = null

/** Shows a list, at once or as soon as the lists are on the page. */
export function showTab(tab: WantedTab): void {
  wanted = tab
  for (const listener of listeners) listener(tab)
}

/** Returns the list that was asked for before the lists were on the page, once. */
export function takeWantedTab(): WantedTab | null {
  const taken = wanted
  wanted = null
  return taken
}

/** Calls back when a list is asked for. */
export function useWantedTab(listener: (tab: WantedTab) => void): void {
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => {
    const tell = (tab: WantedTab) => latest.current(tab)
    listeners.add(tell)
    return () => void listeners.delete(tell)
  }, [])
}
