import { useRef, useState } from 'react'
import { ApiError, sentence } from '@/api/errors'
import { announceClosed } from '@/features/positions/announce'
import { randomId } from '@/random-id'
import { readClosed } from '@/trading/account'
import type { Position } from '@/trading/account'
import { useClosePosition } from '@/trading/queries'
import { toast } from '@/ui/toast'

/** Closes positions, each once: a repeated try has the key of the first. */
export function useClose() {
  const { mutateAsync } = useClosePosition()
  const [closing, setClosing] = useState<ReadonlySet<string>>(new Set())
  const keys = useRef(new Map<string, string>())

  async function close({ orderId }: Position): Promise<void> {
    if (closing.has(orderId)) return
    const key = keys.current.get(orderId) ?? randomId()
    keys.current.set(orderId, key)
    setClosing((ids) => new Set(ids).add(orderId))
    try {
      const { order } = await mutateAsync({ orderId, key })
      if (order.status === 'CLOSED') announceClosed(readClosed(order))
    } catch (error) {
      // The engine was faster; its event says what happened.
      const isGone = error instanceof ApiError && error.code === 'ORDER_ALREADY_CLOSED'
      if (!isGone) toast('error', 'The position was not closed', sentence(error))
    } finally {
      setClosing((ids) => new Set([...ids].filter((id) => id !== orderId)))
    }
  }

  return {
    close: (position: Position) => void close(position),
    isClosing: (orderId: string) => closing.has(orderId),
  }
}
