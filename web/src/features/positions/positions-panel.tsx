import { Download } from 'lucide-react'
import { useState } from 'react'
import { AccountHistory } from '@/features/positions/account-history'
import { ClosedPositions } from '@/features/positions/closed-positions'
import { closedCsv, download, iso, openCsv, toCsv } from '@/features/positions/csv'
import { ledger } from '@/features/positions/ledger'
import { OpenPositions } from '@/features/positions/open-positions'
import type { Asset } from '@/assets'
import { useAccount, useClosedPositions } from '@/trading/queries'
import { IconButton } from '@/ui/button'
import { Tabs } from '@/ui/tabs'

type Tab = 'open' | 'closed' | 'history'

/** Everything that one holds and held. */
export function PositionsPanel({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const [tab, setTab] = useState<Tab>('open')
  const open = useAccount().data?.positions.length
  const tabs = [
    {
      value: 'open',
      label: open === undefined ? 'Positions' : `Positions (${open})`,
      content: <OpenPositions onAsset={onAsset} />,
    },
    { value: 'closed', label: 'Closed', content: <ClosedPositions /> },
    { value: 'history', label: 'Account history', content: <AccountHistory /> },
  ] as const
  return (
    <Tabs
      label="Positions"
      value={tab}
      onChange={setTab}
      tabs={tabs.map((each) => ({ ...each, content: <Scroll>{each.content}</Scroll> }))}
      aside={<Export tab={tab} />}
      className="h-full bg-panel"
    />
  )
}

function Scroll({ children }: { children: React.ReactNode }) {
  return <div className="flex min-h-0 flex-1 flex-col overflow-auto">{children}</div>
}

function Export({ tab }: { tab: Tab }) {
  const account = useAccount().data
  const { data, hasNextPage } = useClosedPositions()
  const closed = data?.pages.flatMap((page) => page.positions)
  return (
    <IconButton
      label="Export this list as CSV"
      disabled={!account || !closed}
      onClick={() => {
        if (!account || !closed) return
        if (tab === 'open') return download('positions', openCsv(account.positions))
        if (tab === 'closed') return download('closed-positions', closedCsv(closed))
        const entries = ledger(account, closed, !hasNextPage)
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
        download('account-history', toCsv(header, rows))
      }}
    >
      <Download size={16} />
    </IconButton>
  )
}
