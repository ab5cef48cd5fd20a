import { t } from '@lingui/core/macro'
import type { Command } from '@/commands'
import type { Asset } from '@/markets'
import { propose } from '@/trading/proposal'

/** The commands that go to the order form with a side. */
export function sideCommands(asset: Asset): Command[] {
  return [
    {
      id: 'buy',
      group: 'Actions',
      label: t`Buy (long)`,
      words: t({ message: 'order open', context: 'search words' }),
      keys: 'B',
      run: () => propose({ asset, side: 'BUY' }),
    },
    {
      id: 'sell',
      group: 'Actions',
      label: t`Sell (short)`,
      words: t({ message: 'order open', context: 'search words' }),
      keys: 'S',
      run: () => propose({ asset, side: 'SELL' }),
    },
  ]
}
