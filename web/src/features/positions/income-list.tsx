/** The statement of the account: every change of what it has, as the server keeps it. */

import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { Income, IncomeKind } from '@/api/schema'
import {
  INCOME_KINDS,
  KIND_NAMES,
  type KindFilter,
  kindOf,
} from '@/features/positions/income-kinds'
import { MoreRows } from '@/features/positions/more-rows'
import * as format from '@/format'
import { subscribeAccount } from '@/live/connection'
import { assetInfo } from '@/markets'
import { queryClient } from '@/query-client'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { cx } from '@/ui/class-names'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

const INCOME_KEY = ['income']
const PAGE_LEN = 50
/** The time after a change in which its lines are stored. */
const STORED_MS = 1_500

type IncomeListProps = { kind: KindFilter; onKind: (kind: KindFilter) => void }

export function IncomeList({ kind, onKind }: IncomeListProps) {
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
  const list = useIncome(kind)
  const isWide = useMedia('(min-width: 48rem)')
  if (list.isPending) return <Loading label="Loading the statement" />
  if (!list.data) {
    return <Failed message={sentence(list.error)} onRetry={() => void list.refetch()} />
  }
  const lines = list.data.pages.flatMap((page) => page.income)
  if (lines.length === 0) {
    return <Empty title={kind ? 'No lines of this kind yet' : 'No account activity yet'} />
  }
  return (
    <Table
      label="Income"
      columns={isWide ? COLUMNS : NARROW}
      rows={lines}
      rowKey={(line) => line.incomeId}
      footer={<MoreRows list={list} />}
    />
  )
}

function useIncome(kind: IncomeKind | null) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const leave = subscribeAccount(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: INCOME_KEY })
      }, STORED_MS)
    })
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [])
  return useInfiniteQuery({
    queryKey: [...INCOME_KEY, kind],
    queryFn: ({ pageParam, signal }) => api.income(kind, pageParam, PAGE_LEN, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  })
}

type Key = 'time' | 'kind' | 'asset' | 'position' | 'amount'

const AMOUNT: Column<Income, Key> = {
  key: 'amount',
  width: 'w-36',
  label: 'Amount (USD)',
  align: 'right',
  cell: (line) => <Amount value={BigInt(line.amountInt)} />,
}

const COLUMNS: Column<Income, Key>[] = [
  {
    key: 'time',
    width: 'w-40',
    label: (
      <span>
        Time (<ZoneName />)
      </span>
    ),
    cell: (line) => <Moment at={line.time} />,
  },
  {
    key: 'kind',
    width: 'w-32',
    label: 'Kind',
    cell: (line) => <Badge>{KIND_NAMES[line.kind]}</Badge>,
  },
  { key: 'asset', width: 'w-20', label: 'Asset', cell: baseOf },
  {
    key: 'position',
    width: 'w-40',
    label: 'Position',
    cell: ({ positionId }) =>
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

/** The columns of a phone. */
const NARROW: Column<Income, Key>[] = [
  {
    key: 'kind',
    width: '',
    label: (
      <span>
        Kind, time (<ZoneName />)
      </span>
    ),
    cell: (line) => (
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
  },
  AMOUNT,
]

function baseOf({ asset }: Income): string {
  return asset === null ? format.UNKNOWN : assetInfo(asset).base
}

/** An amount with all its digits, so that the lines add up. */
function Amount({ value }: { value: bigint }) {
  return (
    <span className={cx(value > 0n && 'text-up', value < 0n && 'text-down')}>
      {value > 0n && '+'}
      {format.exactUsd(value)}
    </span>
  )
}
