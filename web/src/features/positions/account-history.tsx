/**
 * The history of the account: its statement, every change of what it has as the server keeps it,
 * and the balance after each.
 */

import { type RecordQuery, records } from '@/api/records'
import type { Income, IncomeSummary } from '@/api/schema'
import { type BalancedLine, withBalances } from '@/features/positions/balances'
import { Fact } from '@/features/positions/fact'
import { KIND_NAMES } from '@/features/positions/income-kinds'
import { useListQuery, useSort } from '@/features/positions/list-state'
import { SignedAmount } from '@/features/positions/signed-amount'
import { StoredList, useTotals } from '@/features/positions/stored-list'
import { useStoredList } from '@/features/positions/use-stored-list'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { type Column, right, sortable } from '@/ui/table'

export function AccountHistory() {
  const query = useListQuery('income')
  const pages = useStoredList('income', query, fetchPage)
  const totals = useTotals('income', query, records.incomeTotals)
  const [sort, setSort] = useSort<Key>('time', true)
  const fetched = pages.data?.pages
  const rows =
    fetched &&
    withBalances(
      fetched.flatMap((page) => page.income),
      fetched[0]?.balance ?? null,
    )
  return (
    <StoredList
      list="income"
      label="Account history"
      pages={pages}
      rows={rows ?? null}
      rowKey={({ line }) => line.incomeId}
      columns={isWhole(query) ? [...COLUMNS, BALANCE] : COLUMNS}
      sort={sort}
      onSort={setSort}
      keyOf={keyOf}
      renderCard={(row) => <Card row={row} />}
      totals={totals && totalCells(totals)}
      facts={totals && <TotalsOnPhone totals={totals} />}
      empty={{
        title: 'No account activity yet',
        children: 'Deposits, fees, funding and realized profits are listed here.',
      }}
    />
  )
}

/** Reports whether no line is left out within the period, so that the lines add up. */
function isWhole(query: RecordQuery): boolean {
  return !('kind' in query) && !('asset' in query)
}

/**
 * Fetches a page and, with the first one of all kinds, the balance after its first line: the sum
 * of that line and all before it. The account's own balance may be ahead of the stored lines.
 */
async function fetchPage(query: RecordQuery, cursor: string | null, signal: AbortSignal) {
  const page = await records.income(query, cursor, signal)
  const newest = page.income[0]
  const isStart = isWhole(query) && cursor === null && newest !== undefined
  return { ...page, balance: isStart ? await records.incomeUpTo(newest.time, signal) : null }
}

type Key = 'time' | 'kind' | 'asset' | 'position' | 'amount' | 'balance'

/** Only where all kinds are listed: next to a part of the lines it would not add up. */
const BALANCE: Column<BalancedLine, Key> = right('balance', 150, 'Balance after', ({ balance }) =>
  balance === null ? format.UNKNOWN : format.exactUsd(balance),
)

const COLUMNS: Column<BalancedLine, Key>[] = [
  sortable({
    key: 'time',
    name: 'Time',
    width: 150,
    label: (
      <span>
        Time (<ZoneName />)
      </span>
    ),
    cell: ({ line }) => <Moment at={line.time} />,
  }),
  sortable({
    key: 'kind',
    width: 130,
    label: 'Kind',
    isFixed: true,
    cell: ({ line }) => <Badge>{KIND_NAMES[line.kind]}</Badge>,
  }),
  sortable({ key: 'asset', width: 80, label: 'Asset', cell: ({ line }) => baseOf(line) }),
  {
    key: 'position',
    width: 150,
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
  sortable(
    right('amount', 150, 'Amount (USD)', ({ line }) => (
      <SignedAmount value={BigInt(line.amountInt)} />
    )),
  ),
]

function totalCells({ total }: IncomeSummary): Partial<Record<Key, React.ReactNode>> {
  return {
    time: total.lines === 1 ? '1 line' : `${total.lines} lines`,
    kind: <span className="text-faint">Total</span>,
    amount: <SignedAmount value={BigInt(total.amountInt)} />,
  }
}

function TotalsOnPhone({ totals: { sums, total } }: { totals: IncomeSummary }) {
  const fees = sums.find(({ kind }) => kind === 'COMMISSION')
  const pnl = sums.find(({ kind }) => kind === 'REALIZED_PNL')
  return (
    <>
      <Fact name={total.lines === 1 ? '1 line, total' : `${total.lines} lines, total`}>
        <SignedAmount value={BigInt(total.amountInt)} />
      </Fact>
      {pnl && (
        <Fact name="Realized P&L">
          <SignedAmount value={BigInt(pnl.amountInt)} />
        </Fact>
      )}
      {fees && (
        <Fact name="Fees">
          <SignedAmount value={BigInt(fees.amountInt)} />
        </Fact>
      )}
    </>
  )
}

function Card({ row: { line, balance } }: { row: BalancedLine }) {
  return (
    <>
      <div className="flex items-start justify-between">
        <span className="flex items-center gap-1.5">
          <Badge>{KIND_NAMES[line.kind]}</Badge>
          {line.asset !== null && baseOf(line)}
        </span>
        <SignedAmount value={BigInt(line.amountInt)} />
      </div>
      <p className="mt-2 flex justify-between text-2xs text-faint">
        <span>
          <Moment at={line.time} /> <ZoneName />
        </span>
        {balance !== null && <span>Balance after: {format.exactUsd(balance)}</span>}
      </p>
    </>
  )
}

function baseOf({ asset }: Income): string {
  return asset === null ? format.UNKNOWN : assetInfo(asset).base
}

function keyOf({ line }: BalancedLine, by: Key): bigint | number | string {
  switch (by) {
    case 'time':
      return line.time
    case 'amount':
      return BigInt(line.amountInt)
    case 'asset':
      return line.asset ?? ''
    default:
      return line.kind
  }
}
