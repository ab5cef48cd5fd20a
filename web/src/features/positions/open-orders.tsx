import { lazy, Suspense, useState } from 'react'
import { sentence } from '@/api/errors'
import { Fact } from '@/features/positions/fact'
import { OrderLabel, sizeWords } from '@/features/positions/order-label'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import { Moment, ZoneName } from '@/time-zone'
import type { RestingOrder } from '@/trading/account'
import { KIND_NAMES } from '@/trading/orders'
import { useAccount, useCancelAll, useCancelOrder } from '@/trading/queries'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, right, Table } from '@/ui/table'
import { toast } from '@/ui/toast'
import { useMedia } from '@/ui/use-media'

// Opened by few; loaded separately.
const AmendDialog = lazy(async () => ({
  default: (await import('@/features/positions/amend-dialog')).AmendDialog,
}))

type OrderActions = {
  onAsset: (asset: Asset) => void
  onCancel: (order: RestingOrder) => void
  onAmend: (order: RestingOrder) => void
  /** The id of the order that is being canceled. */
  canceling: string | null
}

/** The orders that rest, with their cancellation. */
export function OpenOrders({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const account = useAccount()
  const isWide = useMedia('(min-width: 64rem)')
  const cancel = useCancelOrder()
  const cancelAll = useCancelAll()
  const [amendedId, setAmendedId] = useState<string | null>(null)
  if (account.isPending) return <Loading label="Loading orders" />
  if (!account.data) {
    return <Failed message={sentence(account.error)} onRetry={() => void account.refetch()} />
  }
  const { orders } = account.data
  if (orders.length === 0) {
    return <Empty title="No open orders">Limit, stop and trailing orders rest here.</Empty>
  }
  const failed = (error: unknown) => toast('error', 'The order was not canceled', sentence(error))
  const actions: OrderActions = {
    onAsset,
    onCancel: ({ orderId }) => cancel.mutate(orderId, { onError: failed }),
    onAmend: ({ orderId }) => setAmendedId(orderId),
    canceling: cancel.isPending ? cancel.variables : null,
  }
  return (
    <>
      <div className="flex shrink-0 items-center justify-between px-3 py-2 text-xs text-soft">
        <span>
          Reserved{' '}
          <span className="text-ink">{format.usd(account.data.reserved, 'ceiling')} USD</span>
        </span>
        <Button
          size="sm"
          pending={cancelAll.isPending}
          onClick={() => cancelAll.mutate(undefined, { onError: failed })}
        >
          Cancel all
        </Button>
      </div>
      {isWide ? (
        <OrderTable orders={orders} actions={actions} />
      ) : (
        <OrderCards orders={orders} actions={actions} />
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

type ListProps = { orders: readonly RestingOrder[]; actions: OrderActions }

type Key = 'order' | 'kind' | 'size' | 'price' | 'trigger' | 'exits' | 'time' | 'cancel'

function OrderTable({ orders, actions }: ListProps) {
  return (
    <Table
      label="Open orders"
      minWidth="min-w-[56rem]"
      columns={columns(actions)}
      rows={orders}
      rowKey={({ orderId }) => orderId}
    />
  )
}

function columns(actions: OrderActions): Column<RestingOrder, Key>[] {
  return [
    {
      key: 'order',
      width: 'w-[10%]',
      label: 'Order',
      cell: (order) => <AssetButton order={order} onAsset={actions.onAsset} />,
    },
    { key: 'kind', width: 'w-[16%]', label: 'Type', cell: (order) => <Kind order={order} /> },
    right('size', 'w-[12%]', 'Size', sizeOf),
    right('price', 'w-[11%]', 'Price', ({ asset, price }) => priceOr(asset, price, 'Market')),
    right('trigger', 'w-[14%]', 'Trigger', triggerOf),
    right('exits', 'w-[13%]', 'TP / SL', exitsOf),
    {
      key: 'time',
      width: 'w-[17%]',
      label: (
        <>
          Placed <ZoneName />
        </>
      ),
      cell: ({ createdAt }) => <Moment at={createdAt} />,
    },
    {
      key: 'cancel',
      width: 'w-40',
      label: <span className="sr-only">Change or cancel</span>,
      align: 'right',
      cell: (order) => <Acts order={order} actions={actions} />,
    },
  ]
}

/** The orders as cards, for narrow pages. */
function OrderCards({ orders, actions }: ListProps) {
  return (
    <ul aria-label="Open orders" className="flex flex-col gap-2 p-2">
      {orders.map((order) => (
        <li key={order.orderId} className="rounded-lg border border-line bg-panel p-3 text-xs">
          <div className="flex items-start justify-between">
            <AssetButton order={order} onAsset={actions.onAsset} />
            <Kind order={order} />
          </div>
          <dl className="my-3 grid grid-cols-3 gap-x-3 gap-y-2">
            <Fact name="Size">{sizeOf(order)}</Fact>
            <Fact name="Price">{priceOr(order.asset, order.price, 'Market')}</Fact>
            <Fact name="Trigger">{triggerOf(order)}</Fact>
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

function triggerOf({ asset, triggerPrice, callbackBps, stopPrice }: RestingOrder): string {
  if (callbackBps === null) return priceOr(asset, triggerPrice, '–')
  const at = stopPrice ?? triggerPrice
  const behind = `${format.bps(callbackBps)} behind`
  return at === null ? behind : `${behind}, ${format.price(asset, at)}`
}

function exitsOf({ asset, takeProfit, stopLoss }: RestingOrder): string {
  return `${priceOr(asset, takeProfit, '–')} / ${priceOr(asset, stopLoss, '–')}`
}
