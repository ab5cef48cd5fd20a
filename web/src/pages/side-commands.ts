import { t } from '@lingui/core/macro'
import type { Command } from '@/commands'
import type { Side } from '@/rules'

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
