import { t } from '@lingui/core/macro'
import type { AssetInfo } from '@/markets'

/** The number of markets with a key, from 1 to 9. */
export const MARKET_KEYS = 9

type Key = readonly [key: string, what: string]

/** Returns the keyboard shortcuts of the trading page. */
export function shortcuts(list: readonly AssetInfo[]): Key[] {
  const shown = list.slice(0, MARKET_KEYS)
  return [
    ['B', t`Long (buy)`],
    ['S', t`Short (sell)`],
    ...shown.map(({ base }, index): Key => [
      String(index + 1),
      t({ message: `Show ${base}`, context: 'market' }),
    ]),
    ['Q', t`Go to the order size`],
    [t({ message: 'Enter', context: 'key' }), t`In the size field: open the position`],
    [t({ message: 'Ctrl K', context: 'key' }), t`Search markets, pages and actions`],
    ['/', t`Search the markets`],
    ['L', t`Chart: logarithmic scale`],
    ['F', t`Chart: full screen`],
    [t({ message: 'Del', context: 'key' }), t`Chart: delete the selected drawing`],
    [t({ message: 'Ctrl+Z', context: 'key' }), t`Chart: restore the drawing that was deleted last`],
    ['↑ ↓', t`On a line’s label in the chart: move it`],
    [
      t({ message: 'Del', context: 'key' }),
      t`On a line’s label in the chart: cancel the order, remove the exit or alert`,
    ],
    [t({ message: 'Esc', context: 'key' }), t`Leave a field, menu or dialog`],
    ['?', t`Show these shortcuts`],
  ]
}
