import { t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { sentence } from '@/api/errors'
import { marketsQuery } from '@/market-query'
import { markets } from '@/markets'
import { useStore } from '@/store'
import { Empty, Failed, Loading } from '@/ui/states'

/** The frame of pages that need a market. Loads the list, and again while a page is open. */
export function MarketGate({ children }: { children: ReactNode }) {
  const { data: count, error, isFetching, refetch } = useQuery(marketsQuery)
  const isOpen = useStore(markets).length > 0
  if (isOpen) return children
  if (count === 0) {
    return (
      <main id="content">
        <Empty
          title={t`No markets yet`}
        >{t`Markets appear here as soon as they are listed.`}</Empty>
      </main>
    )
  }
  if (error && !isFetching) {
    return (
      <main id="content">
        <Failed message={sentence(error)} onRetry={() => void refetch()} />
      </main>
    )
  }
  return <Loading label={t`Loading markets`} />
}
