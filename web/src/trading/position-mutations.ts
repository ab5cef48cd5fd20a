/** The mutations of open positions. */

import { useMutation } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { ClosingPart } from '@/api/schema'
import { withBalance, withOrder, withoutPosition } from '@/trading/account'
import { applyPositionAnswer, updateAccount } from '@/trading/queries'
import type { Keyed } from '@/trading/use-once'

export type CloseRequest = { orderId: string; part: ClosingPart }

export function useClosePosition() {
  return useMutation({
    mutationFn: ({ request: { orderId, part }, key }: Keyed<CloseRequest>) =>
      api.close(orderId, part, key),
    onSuccess: applyPositionAnswer,
  })
}

export type ReverseRequest = { orderId: string; priceLimit: string | null }

export function useReversePosition() {
  return useMutation({
    mutationFn: ({ request: { orderId, priceLimit }, key }: Keyed<ReverseRequest>) =>
      api.reverse(orderId, priceLimit, key),
    onSuccess(answer, { request }) {
      // The response has the new position only; without one, the order waits for the next price.
      if (answer.position) updateAccount((account) => withoutPosition(account, request.orderId))
      applyPositionAnswer(answer)
    },
  })
}

export type MarginRequest = { orderId: string; amount: string }

export function useChangeMargin() {
  return useMutation({
    mutationFn: ({ request: { orderId, amount }, key }: Keyed<MarginRequest>) =>
      api.changeMargin(orderId, amount, key),
    onSuccess: applyPositionAnswer,
  })
}

export function useCloseAll() {
  return useMutation({
    mutationFn: api.closeAll,
    onSuccess({ closed, account: balance }) {
      updateAccount((account) => {
        const events = closed.map((order) => ({ event: 'ORDER_CLOSED', order }) as const)
        return withBalance(events.reduce(withOrder, account), balance)
      })
    },
  })
}
