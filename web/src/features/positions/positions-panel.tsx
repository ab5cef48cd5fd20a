import { Download } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { CLOSED_ORDERS_CSV, FILLS_CSV, incomeCsv } from '@/api/client'
import { sentence } from '@/api/errors'
import { ClosedPositions } from '@/features/positions/closed-positions'
import { download, downloadServed, openCsv } from '@/features/positions/csv'
import { type KindFilter, kindOf } from '@/features/positions/income-kinds'
import { OpenOrders } from '@/features/positions/open-orders'
import { OpenPositions } from '@/features/positions/open-positions'
import type { Asset } from '@/markets'
import type { Account } from '@/trading/account'
import { useAccount } from '@/trading/queries'
import { takeWantedTab, useWantedTab } from '@/trading/wanted-tab'
import { IconButton } from '@/ui/button'
import { Loading } from '@/ui/states'
import { Tabs } from '@/ui/tabs'
import { toast } from '@/ui/toast'

type Tab = 'open' | 'orders' | 'fills' | 'closed' | 'history'

// Opened by few; loaded separately.
const Fills = lazy(async () => ({
  default: (await import('@/features/positions/fills')).Fills,
}))
const AccountHistory = lazy(async () => ({
  default: (await import('@/features/positions/account-history')).AccountHistory,
}))

/** Open positions and orders, fills, closed positions and the history of the account. */
export function PositionsPanel({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const [tab, setTab] = useState<Tab>(() => takeWantedTab() ?? 'open')
  useWantedTab((wanted) => {
    takeWantedTab()
    setTab(wanted)
  })
  const [kind, setKind] = useState<KindFilter>('ALL')
  const account = useAccount().data
  const [open, resting] = [account?.positions.length, account?.orders.length]
  const tabs = [
    {
      value: 'open',
      label: open === undefined ? 'Positions' : `Positions (${open})`,
      content: <OpenPositions onAsset={onAsset} />,
    },
    {
      value: 'orders',
      label: resting ? `Orders (${resting})` : 'Orders',
      content: <OpenOrders onAsset={onAsset} />,
    },
    {
      value: 'fills',
      label: 'Fills',
      content: (
        <Suspense fallback={<Loading label="Loading fills" />}>
          <Fills />
        </Suspense>
      ),
    },
    { value: 'closed', label: 'Closed', content: <ClosedPositions /> },
    {
      value: 'history',
      label: 'Account history',
      content: (
        <Suspense fallback={<Loading label="Loading the history" />}>
          <AccountHistory kind={kind} onKind={setKind} />
        </Suspense>
      ),
    },
  ] as const
  return (
    <Tabs
      label="Positions"
      value={tab}
      onChange={setTab}
      tabs={tabs.map((each) => ({ ...each, content: <Scroll>{each.content}</Scroll> }))}
      aside={<Export tab={tab} kind={kind} />}
      className="h-full bg-panel"
    />
  )
}

function Scroll({ children }: { children: React.ReactNode }) {
  return <div className="flex min-h-0 flex-1 flex-col overflow-auto">{children}</div>
}

function Export({ tab, kind }: { tab: Tab; kind: KindFilter }) {
  const account = useAccount().data
  const [isPending, setIsPending] = useState(false)
  const save = async (known: Account) => {
    if (tab === 'open') return download('positions', openCsv(known.positions))
    if (tab === 'fills') return downloadServed(FILLS_CSV, 'velox-fills.csv')
    if (tab === 'closed') return downloadServed(CLOSED_ORDERS_CSV, 'velox-closed-positions.csv')
    return downloadServed(incomeCsv(kindOf(kind)), 'velox-account-history.csv')
  }
  return (
    <IconButton
      label="Export this list as CSV"
      disabled={!account || isPending || tab === 'orders'}
      onClick={() => {
        if (!account) return
        setIsPending(true)
        save(account)
          .catch((error: unknown) => toast('error', 'Export failed', sentence(error)))
          .finally(() => setIsPending(false))
      }}
    >
      <Download size={16} />
    </IconButton>
  )
}
