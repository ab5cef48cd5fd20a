/** Tells of acts that can be undone while their message is shown. */

import { plural, t } from '@lingui/core/macro'
import { sentence } from '@/api/errors'
import type { AmendRequest, PlacedOrder } from '@/api/schema'
import { type Position, readResting, type RestingOrder } from '@/trading/account'
import { describeOrder } from '@/trading/orders'
import type * as Acts from '@/trading/undo-acts'
import { type ToastAct, toast } from '@/ui/toast'

/** Tells that orders are canceled, and places them again where that is undone. */
export function tellCanceled(orders: readonly PlacedOrder[]): void {
  const [first] = orders
  if (!first) return
  const count = orders.length
  const title = plural(count, { one: 'Order canceled', other: '# orders canceled' })
  const words = count === 1 ? describeOrder(readResting(first)) : ''
  toast(
    'success',
    title,
    words,
    undo(({ placeAgain }) => placeAgain(orders)),
  )
}

/** Tells that a resting order has changed, and changes it back where that is undone. */
export function tellAmended(
  before: RestingOrder,
  change: AmendRequest,
  { status }: PlacedOrder,
  title: string,
): void {
  // The new price may have filled it.
  const act = status === 'NEW' ? undo(({ changeBack }) => changeBack(before, change)) : null
  toast('success', title, '', act)
}

/** Tells that the exits of a position have changed, and restores them where that is undone. */
export function tellExits(before: Position, title: string, detail = ''): void {
  toast(
    'success',
    title,
    detail,
    undo(({ restoreExits }) => restoreExits(before)),
  )
}

function undo(run: (acts: typeof Acts) => Promise<void>): ToastAct {
  return {
    label: t`Undo`,
    run: () => {
      import('@/trading/undo-acts')
        .then(run)
        .catch((error: unknown) => toast('error', sentence(error)))
    },
  }
}
