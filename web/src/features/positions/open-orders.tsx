import { plural, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { lazy, Suspense, useState } from 'react'
import { sentence } from '@/api/errors'
import { Fact } from '@/features/positions/fact'
import { FilterBar } from '@/features/positions/filter-bar'
import { boundsOf } from '@/features/positions/list-filter'
import { useFilter, useNow, useSort } from '@/features/positions/list-state'
import { OrderLabel } from '@/features/positions/order-label'
import { sorted } from '@/features/positions/sort'
import { Nothing, TotalFacts, WideTable } from '@/features/positions/stored-list'
import { Waits, waitingQuote } from '@/features/positions/waits'
import { buttonWidths, sizeWords } from '@/features/positions/words'
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
  if (account.isPending) return <Loading label={t`Loading orders`} />
  if (!account.data) {
    return <Failed message={sentence(account.error)} onRetry={() => void account.refetch()} />
  }
  const { orders } = account.data
  if (orders.length === 0) {
    return (
      <Empty title={t`No open orders`}>
        {t`Choose the type Limit, Stop or Trailing in the order form. The order then waits here for its price.`}
      </Empty>
    )
  }
  const failed = (error: unknown) => toast('error', t`The order was not canceled`, sentence(error))
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
          {t`Cancel all`}
        </Button>
      </FilterBar>
      {shownOrders.length === 0 ? (
        <Nothing list="orders" empty={{ title: t`No open orders`, children: null }} />
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
  const count = orders.length
  return (
    <WideTable
      list="orders"
      label={t`Open orders`}
      columns={columns(actions)}
      rows={sorted(orders, sort, keyOf)}
      rowKey={({ orderId }) => orderId}
      sort={sort}
      onSort={setSort}
      totals={{
        order: plural(count, { one: '# order', other: '# orders' }),
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
      label: t`Order`,
      isFixed: true,
      cell: (order) => <AssetButton order={order} onAsset={actions.onAsset} />,
    }),
    sortable({ key: 'kind', width: 130, label: t`Type`, cell: (order) => <Kind order={order} /> }),
    sortable(right('size', 100, t`Size`, sizeOf)),
    sortable(right('price', 88, t`Price`, limitOf)),
    sortable({
      key: 'waits',
      width: 168,
      label: t`Waits for`,
      cell: (order) => <Waits order={order} />,
    }),
    right('exits', 130, t`TP / SL`, exitsOf),
    sortable(right('reserved', 84, t`Reserved`, ({ reserved }) => format.usd(reserved, 'ceiling'))),
    sortable({
      key: 'time',
      width: 138,
      name: t`Placed at`,
      label: (
        <Trans>
          Placed (<ZoneName />)
        </Trans>
      ),
      cell: ({ createdAt }) => <Moment at={createdAt} />,
    }),
    {
      key: 'cancel',
      width: buttonWidths.orders,
      label: <span className="sr-only">{t`Change or cancel`}</span>,
      name: t`Actions`,
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
        aria-label={t`Open orders`}
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
              <Fact name={t`Size`}>{sizeOf(order)}</Fact>
              <Fact name={t`Price`}>{limitOf(order)}</Fact>
              <Fact name={t`Reserved`}>{format.usd(order.reserved, 'ceiling')}</Fact>
              <div className="col-span-3">
                <Fact name={t`Waits for`}>
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
        <Fact name={t`Orders`}>{orders.length}</Fact>
        <Fact name={t`Reserved`}>{format.usd(reservedBy(orders), 'ceiling')} USD</Fact>
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
      title={t`Show on the chart`}
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
      {timeInForce === 'GTX' && <Badge>{t`Post only`}</Badge>}
      {isReduceOnly && <Badge>{t`Reduces`}</Badge>}
    </span>
  )
}

function Acts({ order, actions }: { order: RestingOrder; actions: OrderActions }) {
  const { base } = assetInfo(order.asset)
  return (
    <span className="inline-flex gap-1">
      <Button size="sm" aria-label={t`Change ${base} order`} onClick={() => actions.onAmend(order)}>
        {t({ message: 'Change', context: 'order' })}
      </Button>
      <Button
        size="sm"
        aria-label={t`Cancel ${base} order`}
        pending={actions.canceling === order.orderId}
        onClick={() => actions.onCancel(order)}
      >
        {t({ message: 'Cancel', context: 'order' })}
      </Button>
    </span>
  )
}

function sizeOf({ asset, qty }: RestingOrder): string {
  return qty === 0n ? t`Whole position` : sizeWords(asset, qty)
}

function limitOf({ asset, price }: RestingOrder): string {
  return priceOr(asset, price, t({ message: 'Market', context: 'order kind' }))
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
