import { lazy, Suspense, useState } from 'react'
import { sentence } from '@/api/errors'
import { type Command, useCommands } from '@/commands'
import { changeChart } from '@/features/chart/chart-settings'
import { TIMEFRAMES } from '@/live/frames'
import type { Side } from '@/rules'
import { useAccount, useCancelAll } from '@/trading/queries'
import { toast } from '@/ui/toast'

const CloseAllDialog = lazy(async () => ({
  default: (await import('@/features/positions/close-all-dialog')).CloseAllDialog,
}))

/** Offers the commands of the trading page that are the same on every screen. */
export function TradeCommands({ onHelp }: { onHelp: () => void }) {
  const [isAsked, setIsAsked] = useState(false)
  const [wasAsked, setWasAsked] = useState(false)
  const account = useAccount().data
  const positions = account?.positions ?? []
  const cancelAll = useCancelAll()
  const resting = account?.orders.length ?? 0

  const closing: Command = {
    id: 'close-all',
    group: 'Actions',
    label: 'Close all positions',
    words: 'exit flat market',
    run: () => {
      setWasAsked(true)
      setIsAsked(true)
    },
  }
  const canceling: Command = {
    id: 'cancel-all',
    group: 'Actions',
    label: 'Cancel all orders',
    words: 'remove resting limit',
    run: () =>
      cancelAll.mutate(undefined, {
        onSuccess: () => toast('success', 'All orders canceled'),
        onError: (error) => toast('error', 'Orders not canceled', sentence(error)),
      }),
  }
  useCommands([
    ...(positions.length > 0 ? [closing] : []),
    ...(resting > 0 ? [canceling] : []),
    ...TIMEFRAMES.map((timeframe): Command => ({
      id: `timeframe-${timeframe}`,
      group: 'Layout',
      label: `Timeframe ${timeframe}`,
      words: 'chart candles interval',
      run: () => changeChart({ timeframe }),
    })),
    {
      id: 'keys',
      group: 'Pages',
      label: 'Keyboard shortcuts',
      words: 'help hotkeys',
      keys: '?',
      run: onHelp,
    },
  ])
  // Kept once it was opened: it knows what is uncertain.
  return wasAsked ? (
    <Suspense>
      <CloseAllDialog open={isAsked} positions={positions} onClose={() => setIsAsked(false)} />
    </Suspense>
  ) : null
}

/** The commands that go to the order form with a side. */
export function sideCommands(onSide: (side: Side) => void): Command[] {
  const act = (side: Side) => () => {
    onSide(side)
    // A phone shows the form first.
    requestAnimationFrame(() => document.querySelector<HTMLElement>('#order-size')?.focus())
  }
  return [
    {
      id: 'buy',
      group: 'Actions',
      label: 'Buy (long)',
      words: 'order open',
      keys: 'B',
      run: act('LONG'),
    },
    {
      id: 'sell',
      group: 'Actions',
      label: 'Sell (short)',
      words: 'order open',
      keys: 'S',
      run: act('SHORT'),
    },
  ]
}
