/** The fills of the account: what its orders did, as the server keeps it. */

import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { Fill } from '@/api/schema'
import { MoreRows } from '@/features/positions/more-rows'
import { useStoredList } from '@/features/positions/use-stored-list'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { Moment, ZoneName } from '@/time-zone'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'
import { cx } from '@/ui/class-names'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

const PAGE_LEN = 50

export function Fills() {
  const list = useStoredList('fills', null, (cursor, signal) => api.fills(cursor, PAGE_LEN, signal))
  const isWide = useMedia('(min-width: 48rem)')
  if (list.isPending) return <Loading label="Loading fills" />
  if (!list.data) {
    return <Failed message={sentence(list.error)} onRetry={() => void list.refetch()} />
  }
  const fills = list.data.pages.flatMap((page) => page.fills)
  if (fills.length === 0) return <Empty title="No fills yet" />
  return (
    <Table
      label="Fills"
      columns={isWide ? WIDE : NARROW}
      rows={fills}
      rowKey={({ fillId }) => fillId}
      footer={<MoreRows list={list} />}
    />
  )
}

type Key = 'time' | 'fill' | 'qty' | 'price' | 'role' | 'fee' | 'pnl'

const right = (
  key: Key,
  width: string,
  label: string,
  cell: Column<Fill, Key>['cell'],
): Column<Fill, Key> => ({ key, width, label, cell, align: 'right' })

const QTY = right('qty', 'w-36', 'Size', (fill) => sizeOf(fill))
const PRICE = right('price', 'w-32', 'Price', ({ asset, priceInt }) =>
  format.price(asset, BigInt(priceInt)),
)
const PNL = right('pnl', 'w-36', 'Realized (USD)', ({ realizedPnLInt }) => (
  <Pnl value={BigInt(realizedPnLInt)} />
))

const WIDE: Column<Fill, Key>[] = [
  {
    key: 'time',
    width: 'w-40',
    label: (
      <span>
        Time (<ZoneName />)
      </span>
    ),
    cell: ({ executedAt }) => <Moment at={executedAt} />,
  },
  { key: 'fill', width: 'w-44', label: 'Fill', cell: (fill) => <What fill={fill} /> },
  QTY,
  PRICE,
  {
    key: 'role',
    width: 'w-20',
    label: 'Role',
    cell: ({ role }) => (role === 'MAKER' ? 'Maker' : 'Taker'),
  },
  right('fee', 'w-28', 'Fee (USD)', ({ feeInt }) => format.exactUsd(BigInt(feeInt))),
  PNL,
]

/** The columns of a phone. */
const NARROW: Column<Fill, Key>[] = [
  {
    key: 'fill',
    width: '',
    label: (
      <span>
        Fill, time (<ZoneName />)
      </span>
    ),
    cell: (fill) => (
      <span className="flex flex-col leading-4">
        <What fill={fill} />
        <span className="text-2xs text-faint">
          <Moment at={fill.executedAt} />
        </span>
      </span>
    ),
  },
  right('qty', 'w-28', 'Size, price', (fill) => (
    <span className="flex flex-col leading-4">
      <span>{sizeOf(fill)}</span>
      <span className="text-2xs text-faint">{format.price(fill.asset, BigInt(fill.priceInt))}</span>
    </span>
  )),
  { ...PNL, width: 'w-24', label: 'P&L (USD)' },
]

function What({ fill: { asset, side, reason } }: { fill: Fill }) {
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      <span className="font-medium text-ink">{assetInfo(asset).base}</span>
      <span className={cx('font-medium', side === 'BUY' ? 'text-up' : 'text-down')}>
        {side === 'BUY' ? 'Buy' : 'Sell'}
      </span>
      {reason !== null && reason !== 'MANUAL' && (
        <Badge tone={CLOSE_REASONS[reason].tone}>{CLOSE_REASONS[reason].label}</Badge>
      )}
    </span>
  )
}

/** A realized P&L; a fill that opens has none. */
function Pnl({ value }: { value: bigint }) {
  if (value === 0n) return format.UNKNOWN
  return (
    <span className={value > 0n ? 'text-up' : 'text-down'}>
      {value > 0n && '+'}
      {format.exactUsd(value)}
    </span>
  )
}

function sizeOf({ asset, qtyInt }: Fill): string {
  return `${format.qty(asset, BigInt(qtyInt))} ${assetInfo(asset).base}`
}
