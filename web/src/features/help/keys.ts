import type { AssetInfo } from '@/markets'

/** The number of markets with a key, from 1 to 9. */
export const MARKET_KEYS = 9

type Key = readonly [key: string, what: string]

/** Returns the keyboard shortcuts of the trading page. */
export function shortcuts(list: readonly AssetInfo[]): Key[] {
  const shown = list.slice(0, MARKET_KEYS)
  return [
    ['B', 'Long (buy)'],
    ['S', 'Short (sell)'],
    ...shown.map(({ base }, index): Key => [String(index + 1), `Show ${base}`]),
    ['Q', 'Go to the order size'],
    ['Enter', 'In the size field: open the position'],
    ['Ctrl K', 'Search markets, pages and actions'],
    ['/', 'Search the markets'],
    ['L', 'Chart: logarithmic scale'],
    ['F', 'Chart: full screen'],
    ['Del', 'Chart: delete the selected drawing'],
    ['Ctrl+Z', 'Chart: restore the drawing that was deleted last'],
    ['↑ ↓', 'On a line’s label in the chart: move it'],
    ['Del', 'On a line’s label in the chart: cancel the order, remove the exit or alert'],
    ['Esc', 'Leave a field, menu or dialog'],
    ['?', 'Show these shortcuts'],
  ]
}
