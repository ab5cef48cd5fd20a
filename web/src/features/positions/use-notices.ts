import { useEffect } from 'react'
import {
  announceAlert,
  announceClosed,
  announceDanger,
  announceOpened,
  announceOrder,
} from '@/features/positions/announce'
import { queryClient } from '@/query-client'
import { watchAlerts } from '@/trading/alerts'
import { watchLiquidation } from '@/trading/liquidation'
import { accountQuery } from '@/trading/queries'
import { subscribeNews, syncAccount } from '@/trading/sync'

/** Keeps the account in sync with the engine and announces changes while the page is open. */
export function useNotices(): void {
  useEffect(() => {
    const ends = [
      syncAccount(),
      subscribeNews((news) => {
        if (news.kind === 'closed') announceClosed(news.position)
        if (news.kind === 'opened') announceOpened(news.position)
        if (news.kind === 'order') announceOrder(news)
      }),
      watchLiquidation(() => queryClient.getQueryData(accountQuery.queryKey), announceDanger),
      watchAlerts(announceAlert),
    ]
    return () => {
      for (const end of ends) end()
    }
  }, [])
}
