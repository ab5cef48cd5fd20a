import { t } from '@lingui/core/macro'
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
    label: t`Close all positions`,
    words: t({ message: 'exit flat market', context: 'search words' }),
    run: () => {
      setWasAsked(true)
      setIsAsked(true)
    },
  }
  const canceling: Command = {
    id: 'cancel-all',
    group: 'Actions',
    label: t`Cancel all orders`,
    words: t({ message: 'remove resting limit', context: 'search words' }),
    run: () =>
      cancelAll.mutate(undefined, {
        onSuccess: () => toast('success', t`All orders canceled`),
        onError: (error) => toast('error', t`Orders not canceled`, sentence(error)),
      }),
  }
  useCommands([
    ...(positions.length > 0 ? [closing] : []),
    ...(resting > 0 ? [canceling] : []),
    ...TIMEFRAMES.map((timeframe): Command => ({
      id: `timeframe-${timeframe}`,
      group: 'Layout',
      label: t`Timeframe ${timeframe}`,
      words: t({ message: 'chart candles interval', context: 'search words' }),
      run: () => changeChart({ timeframe }),
    })),
    {
      id: 'keys',
      group: 'Pages',
      label: t`Keyboard shortcuts`,
      words: t({ message: 'help hotkeys', context: 'search words' }),
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
      label: t`Buy (long)`,
      words: t({ message: 'order open', context: 'search words' }),
      keys: 'B',
      run: act('LONG'),
    },
    {
      id: 'sell',
      group: 'Actions',
      label: t`Sell (short)`,
      words: t({ message: 'order open', context: 'search words' }),
      keys: 'S',
      run: act('SHORT'),
    },
  ]
}
