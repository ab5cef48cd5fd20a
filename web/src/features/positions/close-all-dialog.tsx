import { plural, t } from '@lingui/core/macro'
import { Plural, Trans } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { ApiError, sentence } from '@/api/errors'
import type { PlacedOrder } from '@/api/schema'
import { announceClosed } from '@/features/positions/announce'
import { toneOf } from '@/features/positions/live-cells'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import {
  assetsOf,
  closingTotal,
  type ClosingTotal,
  type Position,
  readClosed,
  type RestingOrder,
} from '@/trading/account'
import { useCloseAll } from '@/trading/position-mutations'
import { useAccount, useCancelAll, useCancelOrder } from '@/trading/queries'
import { tellCanceled } from '@/trading/undo'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { toast } from '@/ui/toast'

type CloseAllDialogProps = {
  open: boolean
  positions: readonly Position[]
  onClose: () => void
}

/** Sums up what a close of all positions gives, and asks for it. */
export function CloseAllDialog({ open, positions, onClose }: CloseAllDialogProps) {
  const closeAll = useCloseAll()
  const orders = useAccount().data?.orders ?? []
  const openings = orders.filter(({ isReduceOnly }) => !isReduceOnly)
  const cancelOrders = useCancelOpenings()
  const [isCanceling, setIsCanceling] = useState(false)
  const count = positions.length
  const leave = () => {
    closeAll.reset()
    setIsCanceling(false)
    onClose()
  }
  async function send() {
    // A failure is shown by the dialog.
    const answer = await closeAll.mutateAsync().catch(() => null)
    if (!answer) return
    for (const order of answer.closed) {
      const before = positions.find(({ orderId }) => orderId === order.orderId)
      announceClosed(readClosed(order), before?.qty ?? null)
    }
    const left = answer.left.length
    if (left > 0) {
      const title = plural(left, {
        one: 'Still open: # position',
        other: 'Still open: # positions',
      })
      toast('warning', title, t`The price is too old or in dispute.`)
    }
    leave()
    if (isCanceling) await cancelOrders(openings, left + answer.orders.length === 0)
  }
  return (
    <Dialog open={open} onClose={leave} title={t`Close all positions`}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (!closeAll.isPending) void send()
        }}
      >
        <p className="text-soft">
          <Trans>
            Close <Plural value={count} one="# position" other="# positions" /> at the market
            prices, for a total P&L of{' '}
            <Sum
              positions={positions}
              testId="all-pnl"
              content={({ pnl }) => ({ text: format.signedUsd(pnl), tone: toneOf(pnl) })}
            />{' '}
            USD?
          </Trans>
        </p>
        <Costs positions={positions} />
        <p className="text-xs text-faint">
          {t`There is no worst price. A position whose price is too old or in dispute stays open.`}
        </p>
        <Orders
          openings={isCanceling ? 0 : openings.length}
          reducing={orders.length - openings.length}
        />
        {openings.length > 0 && (
          <label className="flex min-h-6 items-center gap-2 text-xs text-soft max-lg:min-h-11">
            <input
              type="checkbox"
              className="size-4 accent-(--v-accent)"
              checked={isCanceling}
              onChange={({ target }) => setIsCanceling(target.checked)}
            />
            {plural(openings.length, {
              one: 'Also cancel the open order',
              other: 'Also cancel the # open orders',
            })}
          </label>
        )}
        <RequestProblem error={closeAll.error} fields={[]} />
        <div className="flex justify-end gap-2">
          <Button data-first onClick={leave}>
            {t`Keep open`}
          </Button>
          <Button type="submit" look="danger" pending={closeAll.isPending}>
            {isCanceling
              ? t`Close all and cancel`
              : plural(count, { one: 'Close # position', other: 'Close # positions' })}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** What becomes of the orders that rest: those that reduce end with their positions. */
function Orders({ openings, reducing }: { openings: number; reducing: number }) {
  if (openings + reducing === 0) return null
  return (
    <p className="text-xs text-soft" data-testid="all-orders">
      {openings > 0 &&
        plural(openings, {
          one: '# open order stays unless you cancel it, too: it can open a position.',
          other: '# open orders stay unless you cancel them, too: they can open positions.',
        })}{' '}
      {reducing > 0 &&
        plural(reducing, {
          one: '# reduce-only order ends with its position.',
          other: '# reduce-only orders end with their positions.',
        })}
    </p>
  )
}

/**
 * Returns a function that cancels the orders that may open positions. One request does it where
 * nothing else rests; otherwise that would also take the stops of what stays open, and the closes
 * that wait for a price.
 */
function useCancelOpenings() {
  const { mutateAsync: cancelAll } = useCancelAll()
  const { mutateAsync: cancel } = useCancelOrder()
  return async function cancelOpenings(orders: readonly RestingOrder[], isAll: boolean) {
    const canceled: PlacedOrder[] = []
    try {
      if (isAll) canceled.push(...(await cancelAll()).orders)
      else for (const { orderId } of orders) canceled.push(...(await cancelOne(orderId)))
    } catch (error) {
      toast('error', t`Orders not canceled`, sentence(error))
    }
    tellCanceled(canceled)
  }

  /** An order that has ended meanwhile needs no cancellation. */
  async function cancelOne(orderId: string): Promise<PlacedOrder[]> {
    try {
      return [(await cancel(orderId)).order]
    } catch (error) {
      if (error instanceof ApiError && error.code === 'ORDER_ALREADY_DONE') return []
      throw error
    }
  }
}

/** The fees of closing all and the result; nothing where there are none. */
function Costs({ positions }: { positions: readonly Position[] }) {
  if (positions.every(({ asset }) => assetInfo(asset).takerFeePpm === 0)) return null
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>{t`Fees to close`}</dt>
      <dd className="text-right">
        <Sum
          positions={positions}
          testId="all-fees"
          content={({ fees }) => ({ text: `${format.usd(fees, 'ceiling')} USD` })}
        />
      </dd>
      <dt>{t`P&L after these fees`}</dt>
      <dd className="text-right font-medium">
        <Sum
          positions={positions}
          testId="all-net"
          content={({ pnl, fees }) => ({
            text: `${format.signedUsd(pnl - fees)} USD`,
            tone: toneOf(pnl - fees),
          })}
        />
      </dd>
    </dl>
  )
}

type SumProps = {
  positions: readonly Position[]
  testId: string
  content: (total: ClosingTotal) => { text: string; tone?: ReturnType<typeof toneOf> }
}

function Sum({ positions, testId, content }: SumProps) {
  return (
    <LiveText
      assets={assetsOf(positions)}
      className="font-medium"
      testId={testId}
      content={() => {
        const total = closingTotal(positions, quoteOf, (asset) => assetInfo(asset).takerFeePpm)
        return total && content(total)
      }}
    />
  )
}
