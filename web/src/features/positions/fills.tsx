/** The fills of the account: what its orders did, as the server keeps it. */

import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { Fill } from '@/api/schema'
import { MoreRows } from '@/features/positions/more-rows'
import { OrderLabel, sizeWords } from '@/features/positions/order-label'
import { SignedAmount } from '@/features/positions/signed-amount'
import { useStoredList } from '@/features/positions/use-stored-list'
import * as format from '@/format'
import { Moment, ZoneName } from '@/time-zone'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, right, Table } from '@/ui/table'
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

const QTY: Column<Fill, Key> = right('qty', 'w-36', 'Size', (fill) => sizeOf(fill))
const PRICE: Column<Fill, Key> = right('price', 'w-32', 'Price', ({ asset, priceInt }) =>
  format.price(asset, BigInt(priceInt)),
)
const PNL: Column<Fill, Key> = right('pnl', 'w-36', 'Realized (USD)', ({ realizedPnLInt }) => (
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
      <OrderLabel asset={asset} side={side} />
      {reason !== null && reason !== 'MANUAL' && (
        <Badge tone={CLOSE_REASONS[reason].tone}>{CLOSE_REASONS[reason].label}</Badge>
      )}
    </span>
  )
}

/** A realized P&L; a fill that opens has none. */
function Pnl({ value }: { value: bigint }) {
  return value === 0n ? format.UNKNOWN : <SignedAmount value={value} />
}

function sizeOf({ asset, qtyInt }: Fill): string {
  return sizeWords(asset, BigInt(qtyInt))
}
