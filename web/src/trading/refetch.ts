/** Keeps what the server reads from its database up to date. */

import { useEffect } from 'react'
import { subscribeAccount } from '@/live/connection'
import { queryClient } from '@/query-client'

/** The time after a change in which its rows are stored. */
const STORED_MS = 1_500

/** Fetches the queries whose keys begin with a name again after each change of the account. */
export function useRefetchOnChange(name: string): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const leave = subscribeAccount(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: [name] })
      }, STORED_MS)
    })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [name])
}
