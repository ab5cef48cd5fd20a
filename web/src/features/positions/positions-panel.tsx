import { t } from '@lingui/core/macro'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { ListTools } from '@/features/positions/list-tools'
import type { ListName } from '@/features/positions/list-filter'
import { OpenPositions } from '@/features/positions/open-positions'
import type { Asset } from '@/markets'
import { useAccount } from '@/trading/queries'
import { takeWantedTab, useWantedTab } from '@/trading/wanted-tab'
import { Loading } from '@/ui/states'
import { Tabs } from '@/ui/tabs'

// Loaded when they are opened.
const OpenOrders = lazy(async () => ({
  default: (await import('@/features/positions/open-orders')).OpenOrders,
}))
const EndedOrders = lazy(async () => ({
  default: (await import('@/features/positions/ended-orders')).EndedOrders,
}))
const Fills = lazy(async () => ({
  default: (await import('@/features/positions/fills')).Fills,
}))
const ClosedPositions = lazy(async () => ({
  default: (await import('@/features/positions/closed-positions')).ClosedPositions,
}))
const AccountHistory = lazy(async () => ({
  default: (await import('@/features/positions/account-history')).AccountHistory,
}))

/** Open positions and orders, and the records of what was: orders, fills, positions, income. */
export function PositionsPanel({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const [tab, setTab] = useState<ListName>(() => takeWantedTab() ?? 'open')
  useWantedTab((wanted) => {
    takeWantedTab()
    setTab(wanted)
  })
  const account = useAccount().data
  const [open, resting] = [account?.positions.length, account?.orders.length]
  const tabs: { value: ListName; label: string; content: ReactNode }[] = [
    {
      value: 'open',
      label: open === undefined ? t`Positions` : t`Positions (${open})`,
      content: <OpenPositions onAsset={onAsset} />,
    },
    {
      value: 'orders',
      label: resting ? t`Orders (${resting})` : t`Orders`,
      content: <OpenOrders onAsset={onAsset} />,
    },
    { value: 'ended', label: t`Order history`, content: <EndedOrders /> },
    { value: 'fills', label: t`Fills`, content: <Fills /> },
    { value: 'closed', label: t`Position history`, content: <ClosedPositions /> },
    { value: 'income', label: t`Account history`, content: <AccountHistory /> },
  ]
  return (
    <Tabs
      label={t`Positions`}
      value={tab}
      onChange={setTab}
      tabs={tabs.map((each) => ({ ...each, content: <Scroll>{each.content}</Scroll> }))}
      aside={<ListTools key={tab} list={tab} />}
      className="h-full bg-panel"
    />
  )
}

function Scroll({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto">
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </div>
  )
}
