import { lazy, Suspense, useState } from 'react'
import { sentence } from '@/api/errors'
import { Fact } from '@/features/positions/fact'
import { FilterBar } from '@/features/positions/filter-bar'
import { boundsOf } from '@/features/positions/list-filter'
import { useFilter, useNow, useSort } from '@/features/positions/list-state'
import { OrderLabel, sizeWords } from '@/features/positions/order-label'
import { sorted } from '@/features/positions/sort'
import { Nothing, TotalFacts, WideTable } from '@/features/positions/stored-list'
import { Waits, waitingQuote } from '@/features/positions/waits'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import { Moment, useTimeZone, ZoneName } from '@/time-zone'
import type { RestingOrder } from '@/trading/account'
import { KIND_NAMES } from '@/trading/orders'
import { useAccount, useCancelAll, useCancelOrder } from '@/trading/queries'
import { tellCanceled } from '@/trading/undo'
import { distance, reaching, waitOf } from '@/trading/waiting'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, right, sortable } from '@/ui/table'
import { toast } from '@/ui/toast'
import { useMedia } from '@/ui/use-media'

// Opened by few; loaded separately.
const AmendDialog = lazy(async () => ({
  default: (await import('@/features/positions/amend-dialog')).AmendDialog,
}))

export type OrderActions = {
  onAsset: (asset: Asset) => void
  onCancel: (order: RestingOrder) => void
  onAmend: (order: RestingOrder) => void
  /** The id of the order that is being canceled. */
  canceling: string | null
}

/** The orders that rest, with their cancellation, which can be undone. */
export function OpenOrders({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const account = useAccount()
  const isWide = useMedia('(min-width: 64rem)')
  const cancel = useCancelOrder()
  const cancelAll = useCancelAll()
  const shownOrders = useShownOrders(account.data?.orders ?? [])
  const [amendedId, setAmendedId] = useState<string | null>(null)
  if (account.isPending) return <Loading label="Loading orders" />
  if (!account.data) {
    return <Failed message={sentence(account.error)} onRetry={() => void account.refetch()} />
  }
  const { orders } = account.data
  if (orders.length === 0) {
    return (
      <Empty title="No open orders">
        Choose the type Limit, Stop or Trailing in the order form. The order then waits here for its
        price.
      </Empty>
    )
  }
  const failed = (error: unknown) => toast('error', 'The order was not canceled', sentence(error))
  const actions: OrderActions = {
    onAsset,
    onCancel: ({ orderId }) =>
      cancel.mutate(orderId, {
        onSuccess: ({ order }) => tellCanceled([order]),
        onError: failed,
      }),
    onAmend: ({ orderId }) => setAmendedId(orderId),
    canceling: cancel.isPending ? cancel.variables : null,
  }
  const List = isWide ? OrderTable : OrderCards
  return (
    <>
      <FilterBar list="orders">
        <Button
          size="sm"
          pending={cancelAll.isPending}
          onClick={() =>
            cancelAll.mutate(undefined, {
              onSuccess: (answer) => tellCanceled(answer.orders),
              onError: failed,
            })
          }
        >
          Cancel all
        </Button>
      </FilterBar>
      {shownOrders.length === 0 ? (
        <Nothing list="orders" empty={{ title: 'No open orders', children: null }} />
      ) : (
        <List orders={shownOrders} actions={actions} />
      )}
      {amendedId !== null && (
        <Suspense>
          <AmendDialog
            order={orders.find(({ orderId }) => orderId === amendedId) ?? null}
            onClose={() => setAmendedId(null)}
          />
        </Suspense>
      )}
    </>
  )
}

/** Returns the orders that the filter names. */
function useShownOrders(orders: readonly RestingOrder[]): RestingOrder[] {
  const [{ asset, side, kind, period }] = useFilter('orders')
  const zone = useTimeZone()
  const { from, to } = boundsOf(period, zone, useNow())
  return orders.filter(
    (order) =>
      (asset === '' || order.asset === asset) &&
      (side === '' || order.side === side) &&
      (kind === '' || order.kind === kind) &&
      (from === undefined || order.createdAt >= from) &&
      (to === undefined || order.createdAt < to),
  )
}

type ListProps = { orders: readonly RestingOrder[]; actions: OrderActions }

type Key = 'order' | 'kind' | 'size' | 'price' | 'waits' | 'exits' | 'reserved' | 'time' | 'cancel'

function OrderTable({ orders, actions }: ListProps) {
  const [sort, setSort] = useSort<Key>('time', true)
  return (
    <WideTable
      list="orders"
      label="Open orders"
      columns={columns(actions)}
      rows={sorted(orders, sort, keyOf)}
      rowKey={({ orderId }) => orderId}
      sort={sort}
      onSort={setSort}
      totals={{
        order: orders.length === 1 ? '1 order' : `${orders.length} orders`,
        reserved: format.usd(reservedBy(orders), 'ceiling'),
      }}
    />
  )
}

function reservedBy(orders: readonly RestingOrder[]): bigint {
  return orders.reduce((sum, order) => sum + order.reserved, 0n)
}

function columns(actions: OrderActions): Column<RestingOrder, Key>[] {
  return [
    sortable({
      key: 'order',
      width: 96,
      label: 'Order',
      isFixed: true,
      cell: (order) => <AssetButton order={order} onAsset={actions.onAsset} />,
    }),
    sortable({ key: 'kind', width: 130, label: 'Type', cell: (order) => <Kind order={order} /> }),
    sortable(right('size', 100, 'Size', sizeOf)),
    sortable(right('price', 88, 'Price', ({ asset, price }) => priceOr(asset, price, 'Market'))),
    sortable({
      key: 'waits',
      width: 168,
      label: 'Waits for',
      cell: (order) => <Waits order={order} />,
    }),
    right('exits', 130, 'TP / SL', exitsOf),
    sortable(right('reserved', 84, 'Reserved', ({ reserved }) => format.usd(reserved, 'ceiling'))),
    sortable({
      key: 'time',
      width: 138,
      name: 'Placed at',
      label: (
        <>
          Placed (<ZoneName />)
        </>
      ),
      cell: ({ createdAt }) => <Moment at={createdAt} />,
    }),
    {
      key: 'cancel',
      width: 152,
      label: <span className="sr-only">Change or cancel</span>,
      name: 'Actions',
      isFixed: true,
      align: 'right',
      cell: (order) => <Acts order={order} actions={actions} />,
    },
  ]
}

/** The orders as cards, for narrow pages. */
function OrderCards({ orders, actions }: ListProps) {
  return (
    <>
      <ul
        aria-label="Open orders"
        className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto p-2"
      >
        {orders.map((order) => (
          <li
            key={order.orderId}
            className="shrink-0 rounded-lg border border-line bg-panel p-3 text-xs"
          >
            <div className="flex items-start justify-between">
              <AssetButton order={order} onAsset={actions.onAsset} />
              <Kind order={order} />
            </div>
            <dl className="my-3 grid grid-cols-3 gap-x-3 gap-y-2">
              <Fact name="Size">{sizeOf(order)}</Fact>
              <Fact name="Price">{priceOr(order.asset, order.price, 'Market')}</Fact>
              <Fact name="Reserved">{format.usd(order.reserved, 'ceiling')}</Fact>
              <div className="col-span-3">
                <Fact name="Waits for">
                  <Waits order={order} />
                </Fact>
              </div>
            </dl>
            <div className="flex items-center justify-between">
              <span className="text-faint">
                <Moment at={order.createdAt} />
              </span>
              <Acts order={order} actions={actions} />
            </div>
          </li>
        ))}
      </ul>
      <TotalFacts>
        <Fact name="Orders">{orders.length}</Fact>
        <Fact name="Reserved">{format.usd(reservedBy(orders), 'ceiling')} USD</Fact>
      </TotalFacts>
    </>
  )
}

function AssetButton({
  order: { asset, side },
  onAsset,
}: { order: RestingOrder } & Pick<OrderActions, 'onAsset'>) {
  return (
    <button
      type="button"
      title="Show on the chart"
      className="flex items-center gap-1.5 rounded hover:underline"
      onClick={() => onAsset(asset)}
    >
      <OrderLabel asset={asset} side={side} />
    </button>
  )
}

function Kind({ order: { kind, timeInForce, isReduceOnly } }: { order: RestingOrder }) {
  return (
    <span className="flex flex-wrap items-center gap-1">
      {KIND_NAMES[kind]}
      {timeInForce === 'GTX' && <Badge>Post only</Badge>}
      {isReduceOnly && <Badge>Reduces</Badge>}
    </span>
  )
}

function Acts({ order, actions }: { order: RestingOrder; actions: OrderActions }) {
  const { base } = assetInfo(order.asset)
  return (
    <span className="inline-flex gap-1">
      <Button size="sm" aria-label={`Change ${base} order`} onClick={() => actions.onAmend(order)}>
        Change
      </Button>
      <Button
        size="sm"
        aria-label={`Cancel ${base} order`}
        pending={actions.canceling === order.orderId}
        onClick={() => actions.onCancel(order)}
      >
        Cancel
      </Button>
    </span>
  )
}

function sizeOf({ asset, qty }: RestingOrder): string {
  return qty === 0n ? 'Whole position' : sizeWords(asset, qty)
}

function priceOr(asset: Asset, price: bigint | null, otherwise: string): string {
  return price === null ? otherwise : format.price(asset, price)
}

function exitsOf({ asset, takeProfit, stopLoss }: RestingOrder): string {
  return `${priceOr(asset, takeProfit, '–')} / ${priceOr(asset, stopLoss, '–')}`
}

function keyOf(order: RestingOrder, by: Key): bigint | number | string {
  switch (by) {
    case 'kind':
      return KIND_NAMES[order.kind]
    case 'size':
      return order.qty
    case 'price':
      return order.price ?? 0n
    case 'waits': {
      const wait = waitOf(order)
      const quote = wait && waitingQuote(order, wait)
      return wait && quote ? distance(wait, reaching(order, quote)) : 0n
    }
    case 'reserved':
      return order.reserved
    case 'time':
      return order.createdAt
    default:
      return order.asset
  }
}
