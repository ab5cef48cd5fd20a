import { ASSETS } from '@/assets'

/** The keyboard shortcuts of the trading page. */
export const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['B'], 'Long (buy)'],
  [['S'], 'Short (sell)'],
  ...ASSETS.map(({ base }, index): [string[], string] => [[String(index + 1)], `Show ${base}`]),
  [['Q'], 'Go to the order size'],
  [['Enter'], 'In the size field: open the position'],
  [['L'], 'Chart: logarithmic scale'],
  [['F'], 'Chart: full screen'],
  [['Esc'], 'Leave a field, menu or dialog'],
  [['?'], 'Show these shortcuts'],
]
