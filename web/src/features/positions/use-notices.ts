import { useEffect } from 'react'
import { announce } from '@/features/positions/announcements'
import { noteFill } from '@/features/positions/own-fills'
import { queryClient } from '@/query-client'
import { watchAlerts } from '@/trading/alerts'
import { watchLiquidation } from '@/trading/liquidation'
import { accountQuery } from '@/trading/queries'
import { subscribeNews, syncAccount } from '@/trading/sync'

/** Keeps the account in sync with the engine and announces changes while the page is open. */
export function useNotices(): void {
  useEffect(() => {
    // Loaded at once, so that it is there when the connection is not.
    announce(() => undefined)
    const ends = [
      syncAccount(),
      subscribeNews((news) => {
        if (news.kind === 'fill') return noteFill(news.fill)
        announce(({ announceClosed, announceOpened, announceOrder }) => {
          if (news.kind === 'closed') announceClosed(news.position, news.last)
          if (news.kind === 'opened') announceOpened(news.position)
          if (news.kind === 'order') announceOrder(news)
        })
      }),
      watchLiquidation(
        () => queryClient.getQueryData(accountQuery.queryKey),
        (position) => announce(({ announceDanger }) => announceDanger(position)),
      ),
      watchAlerts((alert) => announce(({ announceAlert }) => announceAlert(alert))),
    ]
    return () => {
      for (const end of ends) end()
    }
  }, [])
}
