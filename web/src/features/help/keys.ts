import { ASSETS } from '@/assets'

/** What single keys do on the trading page. */
export const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['B'], 'Long (buy)'],
  [['S'], 'Short (sell)'],
  ...ASSETS.map(({ base }, index): [string[], string] => [[String(index + 1)], `Show ${base}`]),
  [['Q'], 'To the size of the order'],
  [['Enter'], 'In the order form: open the position'],
  [['L'], 'Chart: logarithmic prices'],
  [['F'], 'Chart: full screen'],
  [['Esc'], 'Leave a field, a menu or a dialog'],
  [['?'], 'These keys'],
]
