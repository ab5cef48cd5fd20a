import { t } from '@lingui/core/macro'
import { lazy, useState } from 'react'
import { sentence } from '@/api/errors'
import { type Command, useCommands } from '@/commands'
import { changeChart } from '@/features/chart/chart-settings'
import * as format from '@/format'
import { TIMEFRAMES } from '@/live/frames'
import { assetInfo } from '@/markets'
import { useAccount, useCancelAll } from '@/trading/queries'
import { tellCanceled } from '@/trading/undo'
import { Once } from '@/ui/once'
import { toast } from '@/ui/toast'

const CloseAllDialog = lazy(async () => ({
  default: (await import('@/features/positions/close-all-dialog')).CloseAllDialog,
}))
const ExitsDialog = lazy(async () => ({
  default: (await import('@/features/positions/exits-dialog')).ExitsDialog,
}))

/** What is asked about: all positions, or the exits of the one with this id. */
type Asked = 'all' | { exitsOf: string }

/** Offers the commands of the trading page that are the same on every screen. */
export function TradeCommands({ onHelp }: { onHelp: () => void }) {
  const [asked, setAsked] = useState<Asked | null>(null)
  const account = useAccount().data
  const positions = account?.positions ?? []
  const cancelAll = useCancelAll()
  const resting = account?.orders.length ?? 0

  const closing: Command = {
    id: 'close-all',
    group: 'Actions',
    label: t`Close all positions`,
    words: t({ message: 'exit flat market', context: 'search words' }),
    run: () => setAsked('all'),
  }
  const canceling: Command = {
    id: 'cancel-all',
    group: 'Actions',
    label: t`Cancel all orders`,
    words: t({ message: 'remove resting limit', context: 'search words' }),
    run: () =>
      cancelAll.mutate(undefined, {
        onSuccess: ({ orders }) => tellCanceled(orders),
        onError: (error) => toast('error', t`Orders not canceled`, sentence(error)),
      }),
  }
  useCommands([
    ...(positions.length > 0 ? [closing] : []),
    ...(resting > 0 ? [canceling] : []),
    ...positions.map(({ orderId, asset, qty }): Command => {
      const { base } = assetInfo(asset)
      return {
        id: `exits-${orderId}`,
        group: 'Actions',
        label: t`Set take-profit and stop-loss`,
        detail: `${format.qty(asset, qty)} ${base}`,
        words: t({ message: 'tp sl exits brackets target', context: 'search words' }),
        run: () => setAsked({ exitsOf: orderId }),
      }
    }),
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
  const exitsOf = asked === null || asked === 'all' ? null : asked.exitsOf
  const onClose = () => setAsked(null)
  return (
    <>
      <Once isAsked={asked === 'all'}>
        <CloseAllDialog open={asked === 'all'} positions={positions} onClose={onClose} />
      </Once>
      <Once isAsked={exitsOf !== null}>
        <ExitsDialog
          position={positions.find(({ orderId }) => orderId === exitsOf) ?? null}
          onClose={onClose}
        />
      </Once>
    </>
  )
}
