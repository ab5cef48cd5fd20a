/**
 * The history of the account: its statement, every change of what it has as the server keeps it,
 * and the balance after each.
 */

import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { Income, IncomeKind } from '@/api/schema'
import { type BalancedLine, withBalances } from '@/features/positions/balances'
import {
  INCOME_KINDS,
  KIND_NAMES,
  type KindFilter,
  kindOf,
} from '@/features/positions/income-kinds'
import { MoreRows } from '@/features/positions/more-rows'
import { SignedAmount } from '@/features/positions/signed-amount'
import { useStoredList } from '@/features/positions/use-stored-list'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

const PAGE_LEN = 50

type AccountHistoryProps = { kind: KindFilter; onKind: (kind: KindFilter) => void }

export function AccountHistory({ kind, onKind }: AccountHistoryProps) {
  return (
    <>
      <div className="flex shrink-0 items-center gap-2 px-3 py-2 text-xs">
        <label htmlFor="income-kind" className="text-faint">
          Kind
        </label>
        <select
          id="income-kind"
          value={kind}
          onChange={(event) => onKind(event.target.value as KindFilter)}
          className="h-7 rounded border border-line bg-ground px-2 text-ink hover:border-edge"
        >
          <option value="ALL">All</option>
          {INCOME_KINDS.map((each) => (
            <option key={each} value={each}>
              {KIND_NAMES[each]}
            </option>
          ))}
        </select>
      </div>
      <Lines kind={kindOf(kind)} />
    </>
  )
}

function Lines({ kind }: { kind: IncomeKind | null }) {
  const list = useStoredList('income', kind, (cursor, signal) => fetchPage(kind, cursor, signal))
  const isWide = useMedia('(min-width: 48rem)')
  if (list.isPending) return <Loading label="Loading the history" />
  if (!list.data) {
    return <Failed message={sentence(list.error)} onRetry={() => void list.refetch()} />
  }
  const { pages } = list.data
  const lines = withBalances(
    pages.flatMap((page) => page.income),
    pages[0]?.balance ?? null,
  )
  if (lines.length === 0) {
    return <Empty title={kind ? 'No lines of this kind yet' : 'No account activity yet'} />
  }
  return (
    <Table
      label="Account history"
      columns={columnsOf(kind, isWide)}
      rows={lines}
      rowKey={({ line }) => line.incomeId}
      footer={<MoreRows list={list} />}
    />
  )
}

/**
 * Fetches a page and, with the first one of all kinds, the balance after its first line: the sum
 * of that line and all before it. The account's own balance may be ahead of the stored lines.
 */
async function fetchPage(kind: IncomeKind | null, cursor: string | null, signal: AbortSignal) {
  const page = await api.income(kind, cursor, PAGE_LEN, signal)
  const newest = page.income[0]
  const isStart = kind === null && cursor === null && newest !== undefined
  return { ...page, balance: isStart ? await api.incomeUpTo(newest.time, signal) : null }
}

type Key = 'time' | 'kind' | 'asset' | 'position' | 'amount' | 'balance'

const AMOUNT: Column<BalancedLine, Key> = {
  key: 'amount',
  width: 'w-36',
  label: 'Amount (USD)',
  align: 'right',
  cell: ({ line }) => <SignedAmount value={BigInt(line.amountInt)} />,
}

/** Only where all kinds are listed: next to a part of the lines it would not add up. */
const BALANCE: Column<BalancedLine, Key> = {
  key: 'balance',
  width: 'w-40',
  label: 'Balance after',
  align: 'right',
  cell: ({ balance }) => (balance === null ? format.UNKNOWN : format.exactUsd(balance)),
}

const COLUMNS: Column<BalancedLine, Key>[] = [
  {
    key: 'time',
    width: 'w-40',
    label: (
      <span>
        Time (<ZoneName />)
      </span>
    ),
    cell: ({ line }) => <Moment at={line.time} />,
  },
  {
    key: 'kind',
    width: 'w-32',
    label: 'Kind',
    cell: ({ line }) => <Badge>{KIND_NAMES[line.kind]}</Badge>,
  },
  { key: 'asset', width: 'w-20', label: 'Asset', cell: ({ line }) => baseOf(line) },
  {
    key: 'position',
    width: 'w-40',
    label: 'Position',
    cell: ({ line: { positionId } }) =>
      positionId === null ? (
        format.UNKNOWN
      ) : (
        <span title={positionId} className="text-soft">
          …{positionId.slice(-12)}
        </span>
      ),
  },
  AMOUNT,
]

const WHAT: Column<BalancedLine, Key> = {
  key: 'kind',
  width: '',
  label: (
    <span>
      Kind, time (<ZoneName />)
    </span>
  ),
  cell: ({ line }) => (
    <span className="flex flex-col leading-4">
      <span>
        {KIND_NAMES[line.kind]}
        {line.asset !== null && <span className="text-faint"> {baseOf(line)}</span>}
      </span>
      <span className="text-2xs text-faint">
        <Moment at={line.time} />
      </span>
    </span>
  ),
}

/** The columns of a phone, for lines of one kind. */
const NARROW = [WHAT, AMOUNT]

/** The columns of a phone, with the balance below the amount. */
const NARROW_ALL: Column<BalancedLine, Key>[] = [
  WHAT,
  {
    ...AMOUNT,
    label: 'Amount, balance (USD)',
    cell: ({ line, balance }) => (
      <span className="flex flex-col leading-4">
        <SignedAmount value={BigInt(line.amountInt)} />
        {balance !== null && (
          <span className="text-2xs text-faint">
            <span className="sr-only">Balance after: </span>
            {format.exactUsd(balance)}
          </span>
        )}
      </span>
    ),
  },
]

function columnsOf(kind: IncomeKind | null, isWide: boolean): Column<BalancedLine, Key>[] {
  if (isWide) return kind === null ? [...COLUMNS, BALANCE] : COLUMNS
  return kind === null ? NARROW_ALL : NARROW
}

function baseOf({ asset }: Income): string {
  return asset === null ? format.UNKNOWN : assetInfo(asset).base
}
