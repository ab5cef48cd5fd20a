/**
 * The history of the account: its statement, every change of what it has as the server keeps it,
 * and the balance after each.
 */

import { i18n } from '@lingui/core'
import { plural, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
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
      label={t`Account history`}
      loading={t`Loading account history`}
      pages={pages}
      rows={rows ?? null}
      rowKey={({ line }) => line.incomeId}
      columns={isWhole(query) ? [...columns(), balanceColumn()] : columns()}
      sort={sort}
      onSort={setSort}
      keyOf={keyOf}
      renderCard={(row) => <Card row={row} />}
      totals={totals && totalCells(totals)}
      facts={totals && <TotalsOnPhone totals={totals} />}
      empty={{
        title: t`No account activity yet`,
        children: t`Deposits, fees, funding and realized profits are listed here.`,
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
const balanceColumn = (): Column<BalancedLine, Key> =>
  right('balance', 150, t`Balance after`, ({ balance }) =>
    balance === null ? format.UNKNOWN : format.exactUsd(balance),
  )

const columns = (): Column<BalancedLine, Key>[] => [
  sortable({
    key: 'time',
    name: t`Time`,
    width: 150,
    label: (
      <span>
        <Trans>
          Time (<ZoneName />)
        </Trans>
      </span>
    ),
    cell: ({ line }) => <Moment at={line.time} />,
  }),
  sortable({
    key: 'kind',
    width: 130,
    label: t`Kind`,
    isFixed: true,
    cell: ({ line }) => <Badge>{i18n._(KIND_NAMES[line.kind])}</Badge>,
  }),
  sortable({ key: 'asset', width: 80, label: t`Asset`, cell: ({ line }) => baseOf(line) }),
  {
    key: 'position',
    width: 150,
    label: t`Position`,
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
    right('amount', 150, t`Amount (USD)`, ({ line }) => (
      <SignedAmount value={BigInt(line.amountInt)} />
    )),
  ),
]

function totalCells({ total }: IncomeSummary): Partial<Record<Key, React.ReactNode>> {
  const { lines } = total
  return {
    time: plural(lines, { one: '# line', other: '# lines' }),
    kind: <span className="text-faint">{t`Total`}</span>,
    amount: <SignedAmount value={BigInt(total.amountInt)} />,
  }
}

function TotalsOnPhone({ totals: { sums, total } }: { totals: IncomeSummary }) {
  const { lines } = total
  const fees = sums.find(({ kind }) => kind === 'COMMISSION')
  const pnl = sums.find(({ kind }) => kind === 'REALIZED_PNL')
  return (
    <>
      <Fact name={plural(lines, { one: '# line, total', other: '# lines, total' })}>
        <SignedAmount value={BigInt(total.amountInt)} />
      </Fact>
      {pnl && (
        <Fact name={t`Realized P&L`}>
          <SignedAmount value={BigInt(pnl.amountInt)} />
        </Fact>
      )}
      {fees && (
        <Fact name={t`Fees`}>
          <SignedAmount value={BigInt(fees.amountInt)} />
        </Fact>
      )}
    </>
  )
}

function Card({ row: { line, balance } }: { row: BalancedLine }) {
  const after = balance === null ? null : format.exactUsd(balance)
  return (
    <>
      <div className="flex items-start justify-between">
        <span className="flex items-center gap-1.5">
          <Badge>{i18n._(KIND_NAMES[line.kind])}</Badge>
          {line.asset !== null && baseOf(line)}
        </span>
        <SignedAmount value={BigInt(line.amountInt)} />
      </div>
      <p className="mt-2 flex justify-between text-2xs text-faint">
        <span>
          <Moment at={line.time} /> <ZoneName />
        </span>
        {after !== null && <span>{t`Balance after: ${after}`}</span>}
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
