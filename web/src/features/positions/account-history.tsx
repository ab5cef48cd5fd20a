import { ledger, type Entry } from '@/features/positions/ledger'
import { MoreRows } from '@/features/positions/more-rows'
import { describe } from '@/features/positions/words'
import { sentence } from '@/api/errors'
import * as format from '@/format'
import { Moment, ZoneName } from '@/time-zone'
import { useAccount, useClosedPositions } from '@/trading/queries'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'
import { cx } from '@/ui/class-names'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

type Key = 'time' | 'kind' | 'what' | 'change' | 'pnl' | 'balance'

export function AccountHistory() {
  const account = useAccount()
  const closed = useClosedPositions()
  const isWide = useMedia('(min-width: 48rem)')
  if (account.isPending || closed.isPending) return <Loading label="Loading the history" />
  if (!account.data || !closed.data) {
    return (
      <Failed
        message={sentence(account.error ?? closed.error)}
        onRetry={() => void Promise.all([account.refetch(), closed.refetch()])}
      />
    )
  }
  const positions = closed.data.pages.flatMap((page) => page.positions)
  const entries = ledger(account.data, positions, !closed.hasNextPage)
  if (entries.length === 0) {
    return <Empty title="No account activity yet" />
  }
  return (
    <Table
      label="Account history"
      columns={isWide ? COLUMNS : COLUMNS.filter(({ key }) => key !== 'what' && key !== 'pnl')}
      rows={entries}
      rowKey={(entry) => entry.id}
      footer={<MoreRows list={closed} />}
    />
  )
}

const COLUMNS: Column<Entry, Key>[] = [
  {
    key: 'time',
    width: 'w-40',
    label: (
      <span>
        Time (<ZoneName />)
      </span>
    ),
    cell: (entry) => <Moment at={entry.time} />,
  },
  { key: 'kind', width: 'w-28', label: 'Event', cell: (entry) => <Kind entry={entry} /> },
  { key: 'what', width: 'w-48', label: 'Position', cell: (entry) => describe(entry.position) },
  {
    key: 'change',
    width: 'w-28',
    label: 'Free margin',
    align: 'right',
    cell: (entry) => <Amount value={entry.change} />,
  },
  {
    key: 'pnl',
    width: 'w-28',
    label: 'P&L',
    align: 'right',
    cell: (entry) => (entry.pnl === null ? format.UNKNOWN : <Amount value={entry.pnl} />),
  },
  {
    key: 'balance',
    width: 'w-28',
    label: 'After',
    align: 'right',
    cell: (entry) => format.usd(entry.balance),
  },
]

function Kind({ entry: { kind } }: { entry: Entry }) {
  if (kind === 'OPENED') return <Badge>Opened</Badge>
  const { label, tone } = CLOSE_REASONS[kind]
  return <Badge tone={tone}>{kind === 'MANUAL' ? 'Closed' : label}</Badge>
}

function Amount({ value }: { value: bigint }) {
  return (
    <span className={cx(value > 0n && 'text-up', value < 0n && 'text-down')}>
      {format.signedUsd(value)}
    </span>
  )
}
