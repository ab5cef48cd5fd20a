/** The orders that have ended, as the server keeps them. */

import { i18n } from '@lingui/core'
import { msg, plural, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { records } from '@/api/records'
import type { OrderTotals, PlacedOrder } from '@/api/schema'
import { Fact } from '@/features/positions/fact'
import { useListQuery, useSort } from '@/features/positions/list-state'
import { OrderLabel } from '@/features/positions/order-label'
import { StoredList, useTotals } from '@/features/positions/stored-list'
import { useStoredList } from '@/features/positions/use-stored-list'
import { Volume } from '@/features/positions/volume'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import type { Asset } from '@/markets'
import { Moment, ZoneName } from '@/time-zone'
import { expiryWords, KIND_NAMES } from '@/trading/orders'
import { Badge } from '@/ui/badge'
import { type Column, right, sortable } from '@/ui/table'

type Key =
  'placed' | 'order' | 'kind' | 'size' | 'price' | 'trigger' | 'average' | 'status' | 'ended'

export function EndedOrders() {
  const query = useListQuery('ended')
  const pages = useStoredList('ended', query, records.orders)
  const totals = useTotals('ended', query, records.orderTotals)
  const [sort, setSort] = useSort<Key>('placed', true)
  return (
    <StoredList
      list="ended"
      label={t`Order history`}
      loading={t`Loading order history`}
      pages={pages}
      rows={pages.data?.pages.flatMap((page) => page.orders) ?? null}
      rowKey={({ orderId }) => orderId}
      columns={columns()}
      sort={sort}
      onSort={setSort}
      keyOf={keyOf}
      renderCard={(order) => <Card order={order} />}
      totals={totals && totalCells(totals)}
      facts={totals && <TotalsOnPhone totals={totals} />}
      empty={{
        title: t`No order has ended yet`,
        children: t`Orders come here when they are filled, canceled or expired.`,
      }}
    />
  )
}

const columns = (): Column<PlacedOrder, Key>[] => [
  sortable({
    key: 'placed',
    name: t`Placed at`,
    width: 150,
    label: (
      <span>
        <Trans>
          Placed (<ZoneName />)
        </Trans>
      </span>
    ),
    cell: ({ createdAt }) => <Moment at={createdAt} />,
  }),
  sortable({
    key: 'order',
    width: 100,
    label: t`Order`,
    isFixed: true,
    cell: ({ asset, side }) => (
      <span className="flex items-center gap-1.5">
        <OrderLabel asset={asset} side={side} />
      </span>
    ),
  }),
  sortable({ key: 'kind', width: 150, label: t`Type`, cell: (order) => <Kind order={order} /> }),
  sortable(right('size', 120, t`Size`, sizeOf)),
  sortable(
    right('price', 110, t`Price`, ({ asset, priceInt }) => priceOr(asset, priceInt, atMarket())),
  ),
  sortable(
    right('trigger', 110, t`Trigger`, ({ asset, triggerPriceInt }) =>
      priceOr(asset, triggerPriceInt, format.UNKNOWN),
    ),
  ),
  sortable(
    right('average', 120, t`Filled at`, ({ asset, averagePriceInt }) =>
      priceOr(asset, averagePriceInt, format.UNKNOWN),
    ),
  ),
  sortable({
    key: 'status',
    width: 100,
    label: t`Status`,
    cell: (order) => <Status order={order} />,
  }),
  sortable({
    ...right<PlacedOrder, Key>('ended', 150, t`Ended`, ({ updatedAt }) => (
      <Moment at={updatedAt} />
    )),
    name: t`Ended at`,
  }),
]

function totalCells(totals: OrderTotals): Partial<Record<Key, React.ReactNode>> {
  const { orders, filled, canceled, expired } = totals
  return {
    placed: plural(orders, { one: '# order', other: '# orders' }),
    order: <span className="text-faint">{t`Total`}</span>,
    average: <Volume value={totals.volumeInt} />,
    status: t`${filled} filled`,
    ended: t`${canceled} canceled, ${expired} expired`,
  }
}

function TotalsOnPhone({ totals }: { totals: OrderTotals }) {
  const { orders } = totals
  return (
    <>
      <Fact name={plural(orders, { one: '# order, volume', other: '# orders, volume' })}>
        {format.usd(BigInt(totals.volumeInt))}
      </Fact>
      <Fact name={t`Filled`}>{totals.filled}</Fact>
      <Fact name={t`Canceled, expired`}>{`${totals.canceled}, ${totals.expired}`}</Fact>
    </>
  )
}

function Card({ order }: { order: PlacedOrder }) {
  const { asset, side, priceInt, averagePriceInt, triggerPriceInt } = order
  return (
    <>
      <div className="flex items-start justify-between gap-2">
        <span className="flex flex-wrap items-center gap-1.5">
          <OrderLabel asset={asset} side={side} /> <Kind order={order} />
        </span>
        <Status order={order} />
      </div>
      <dl className="mt-2 grid grid-cols-3 gap-x-3">
        <Fact name={t`Size`}>{sizeOf(order)}</Fact>
        {triggerPriceInt === null ? (
          <Fact name={t`Price`}>{priceOr(asset, priceInt, atMarket())}</Fact>
        ) : (
          <Fact name={t`Trigger`}>{priceOr(asset, triggerPriceInt, format.UNKNOWN)}</Fact>
        )}
        <Fact name={t`Filled at`}>{priceOr(asset, averagePriceInt, format.UNKNOWN)}</Fact>
      </dl>
      <p className="mt-2 text-2xs text-faint">
        <Moment at={order.createdAt} /> <ZoneName />
      </p>
    </>
  )
}

function Kind({ order: { type, reduceOnly, closePosition } }: { order: PlacedOrder }) {
  return (
    <span className="inline-flex items-center gap-1">
      {KIND_NAMES[type]}
      {(reduceOnly || closePosition) && <Badge>{t`Reduces`}</Badge>}
    </span>
  )
}

const STATUSES = {
  NEW: { label: msg({ message: 'Open', context: 'order status' }), tone: 'plain' },
  FILLED: { label: msg`Filled`, tone: 'up' },
  CANCELED: { label: msg`Canceled`, tone: 'plain' },
  EXPIRED: { label: msg`Expired`, tone: 'warn' },
} as const

function Status({ order: { status, reason } }: { order: PlacedOrder }) {
  const { label, tone } = STATUSES[status as keyof typeof STATUSES]
  return (
    <span title={status === 'EXPIRED' ? expiryWords(reason) : undefined}>
      <Badge tone={tone}>{i18n._(label)}</Badge>
    </span>
  )
}

function sizeOf({ asset, qtyInt }: PlacedOrder): string {
  return qtyInt === '0' ? t`Whole position` : sizeWords(asset, BigInt(qtyInt))
}

/** What an order without a limit has for a price. */
function atMarket(): string {
  return t({ message: 'Market', context: 'order kind' })
}

function priceOr(asset: Asset, price: string | null, otherwise: string): string {
  return price === null ? otherwise : format.price(asset, BigInt(price))
}

function keyOf(order: PlacedOrder, by: Key): bigint | number | string {
  const price = (text: string | null) => (text === null ? 0n : BigInt(text))
  switch (by) {
    case 'placed':
      return order.createdAt
    case 'kind':
      return KIND_NAMES[order.type]
    case 'size':
      return BigInt(order.qtyInt)
    case 'price':
      return price(order.priceInt)
    case 'trigger':
      return price(order.triggerPriceInt)
    case 'average':
      return price(order.averagePriceInt)
    case 'status':
      return order.status
    case 'ended':
      return order.updatedAt
    default:
      return order.asset
  }
}
