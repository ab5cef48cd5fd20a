import { Download } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { CLOSED_ORDERS_CSV, incomeCsv } from '@/api/client'
import { sentence } from '@/api/errors'
import { AccountHistory } from '@/features/positions/account-history'
import { ClosedPositions } from '@/features/positions/closed-positions'
import { download, downloadServed, iso, openCsv, toCsv } from '@/features/positions/csv'
import { type Entry, ledger } from '@/features/positions/ledger'
import { type KindFilter, kindOf } from '@/features/positions/income-kinds'
import { OpenPositions } from '@/features/positions/open-positions'
import type { Asset } from '@/markets'
import type { Account } from '@/trading/account'
import { fetchAllClosed, useAccount } from '@/trading/queries'
import { IconButton } from '@/ui/button'
import { Loading } from '@/ui/states'
import { Tabs } from '@/ui/tabs'
import { toast } from '@/ui/toast'

type Tab = 'open' | 'closed' | 'history' | 'income'

// Opened by few; loaded separately.
const IncomeList = lazy(async () => ({
  default: (await import('@/features/positions/income-list')).IncomeList,
}))

/** Open positions, closed positions, the account history and the statement. */
export function PositionsPanel({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const [tab, setTab] = useState<Tab>('open')
  const [kind, setKind] = useState<KindFilter>('ALL')
  const open = useAccount().data?.positions.length
  const tabs = [
    {
      value: 'open',
      label: open === undefined ? 'Positions' : `Positions (${open})`,
      content: <OpenPositions onAsset={onAsset} />,
    },
    { value: 'closed', label: 'Closed', content: <ClosedPositions /> },
    { value: 'history', label: 'Account history', content: <AccountHistory /> },
    {
      value: 'income',
      label: 'Income',
      content: (
        <Suspense fallback={<Loading label="Loading the statement" />}>
          <IncomeList kind={kind} onKind={setKind} />
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
    if (tab === 'closed') return downloadServed(CLOSED_ORDERS_CSV, 'velox-closed-positions.csv')
    if (tab === 'income') return downloadServed(incomeCsv(kindOf(kind)), 'velox-income.csv')
    download('account-history', historyCsv(ledger(known, await fetchAllClosed(), true)))
  }
  return (
    <IconButton
      label="Export this list as CSV"
      disabled={!account || isPending}
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

function historyCsv(entries: readonly Entry[]): string {
  const header = [
    'time',
    'event',
    'order id',
    'asset',
    'free balance change',
    'P&L',
    'free balance after',
  ]
  const rows = entries.map((e) => [
    iso(e.time),
    e.kind,
    e.position.orderId,
    e.asset,
    e.change,
    e.pnl,
    e.balance,
  ])
  return toCsv(header, rows)
}
