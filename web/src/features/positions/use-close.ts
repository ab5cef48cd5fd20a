import { t } from '@lingui/core/macro'
import { useRef, useState } from 'react'
import { ApiError, sentence } from '@/api/errors'
import { print } from '@/decimal'
import { announce } from '@/features/positions/announcements'
import { quoteOf } from '@/live/prices'
import { randomId } from '@/random-id'
import { settings } from '@/settings'
import { readClosed } from '@/trading/account'
import type { Position } from '@/trading/account'
import { closeLimit, readTolerance } from '@/trading/price-limit'
import { type CloseRequest, useClosePosition } from '@/trading/position-mutations'
import type { Keyed } from '@/trading/use-once'
import { toast } from '@/ui/toast'

/** The tolerance used if the typed one is invalid: half a per cent. */
const TOLERANCE = 500_000n

/** Returns the worst price to close at, derived from the displayed price; null without a price. */
export function limitOf({ asset, orderType }: Position): bigint | null {
  const quote = quoteOf(asset)
  const tolerance = readTolerance(settings.get().toleranceText) ?? TOLERANCE
  return quote && closeLimit(orderType, quote, tolerance)
}

/** Returns the worst price as it is sent. */
export function printedLimit(position: Position): string | null {
  const limit = limitOf(position)
  return limit === null ? null : print(limit)
}

/** Closes positions, each once. While the outcome of a close is unknown, a retry repeats it. */
export function useClose() {
  const { mutateAsync } = useClosePosition()
  const [closing, setClosing] = useState<ReadonlySet<string>>(new Set())
  const uncertain = useRef(new Map<string, Keyed<CloseRequest>>())

  async function close(position: Position): Promise<void> {
    const { orderId } = position
    if (closing.has(orderId)) return
    const part = { priceLimit: printedLimit(position) }
    const known = uncertain.current.get(orderId)
    const request = known ?? { request: { orderId, part }, key: randomId() }
    uncertain.current.set(orderId, request)
    setClosing((ids) => new Set(ids).add(orderId))
    try {
      const { position: after } = await mutateAsync(request)
      if (after?.status === 'CLOSED') {
        announce(({ announceClosed }) => announceClosed(readClosed(after), position.qty))
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.isUncertain)) uncertain.current.delete(orderId)
      // The engine closed it first; its event announces that.
      const isGone = error instanceof ApiError && error.code === 'ORDER_ALREADY_CLOSED'
      if (!isGone) toast('error', t`Position not closed`, sentence(error))
    } finally {
      setClosing((ids) => new Set([...ids].filter((id) => id !== orderId)))
    }
  }

  return {
    close: (position: Position) => void close(position),
    isClosing: (orderId: string) => closing.has(orderId),
  }
}
