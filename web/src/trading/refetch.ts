/** Keeps what the server reads from its database up to date. */

import { useEffect } from 'react'
import { subscribeAccount } from '@/live/connection'
import { queryClient } from '@/query-client'

/** The time after a change in which its rows are mostly stored, and in which they are for sure. */
const MOSTLY_MS = 250
const SURELY_MS = 1_500

/** Fetches the queries whose keys begin with a name again after each change of the account. */
export function useRefetchOnChange(name: string): void {
  useEffect(() => {
    const refetch = () => void queryClient.invalidateQueries({ queryKey: [name] })
    let mostly: ReturnType<typeof setTimeout> | undefined
    let surely: ReturnType<typeof setTimeout> | undefined
    const leave = subscribeAccount(() => {
      // Not once for each of many changes in a row.
      mostly ??= setTimeout(() => {
        refetch()
        mostly = setTimeout(() => (mostly = undefined), SURELY_MS - MOSTLY_MS)
      }, MOSTLY_MS)
      clearTimeout(surely)
      surely = setTimeout(refetch, SURELY_MS)
    })
    return () => {
      leave()
      clearTimeout(mostly)
      clearTimeout(surely)
    }
  }, [name])
}
