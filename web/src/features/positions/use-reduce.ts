import { useQuery } from '@tanstack/react-query'
import { print } from '@/decimal'
import { announceClosed, announcePart } from '@/features/positions/announce'
import { type ClosePlan, limitOrder } from '@/features/positions/close-plan'
import { printedLimit } from '@/features/positions/use-close'
import { type Position, readClosed, readPosition } from '@/trading/account'
import { useClosePosition } from '@/trading/position-mutations'
import { settingsQuery, usePlaceOrder } from '@/trading/queries'
import { useOnce } from '@/trading/use-once'

/** Closes a part of a position at the market, or any quantity of it by a limit order. */
export function useReduce() {
  const close = useClosePosition()
  const place = usePlaceOrder()
  const mode = useQuery(settingsQuery).data?.mode ?? 'separate'
  const closeOnce = useOnce(close.mutateAsync)
  const placeOnce = useOnce(place.mutateAsync)

  async function closePart(position: Position, qty: bigint): Promise<boolean> {
    const { orderId } = position
    const part = { qty: print(qty), priceLimit: printedLimit(position) }
    const answer = await closeOnce(`${orderId} ${part.qty}`, { orderId, part })
    const after = answer?.position
    if (after?.status === 'CLOSED') announceClosed(readClosed(after), position.qty)
    else if (answer?.order) announcePart(position, answer.order, after ? readPosition(after) : null)
    return answer !== null
  }

  /** The order is announced by its event. */
  async function placeLimit(position: Position, qty: bigint, price: bigint): Promise<boolean> {
    const order = limitOrder(position, qty, price, mode)
    return (await placeOnce(JSON.stringify(order), order)) !== null
  }

  return {
    /** Resolves to whether the request succeeded. */
    submit: (position: Position, { qty, price }: ClosePlan) =>
      price === null ? closePart(position, qty) : placeLimit(position, qty, price),
    isPending: close.isPending || place.isPending,
    error: close.error ?? place.error,
    reset() {
      close.reset()
      place.reset()
    },
  }
}
