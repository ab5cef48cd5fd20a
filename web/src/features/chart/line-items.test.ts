import { expect, it } from 'vitest'
import { newExit } from '@/features/chart/line-items'
import type { Side } from '@/rules'

const QUOTE = { bid: 110n, ask: 112n }

it.each<[side: Side, price: bigint, exit: string]>([
  ['LONG', 109n, 'stopLoss'],
  // Above the entry and below the market: a stop-loss that secures a profit.
  ['LONG', 105n, 'stopLoss'],
  ['LONG', 111n, 'takeProfit'],
  ['SHORT', 113n, 'stopLoss'],
  ['SHORT', 111n, 'takeProfit'],
])('a %s entered at 100 with a line drawn to %s: %s', (orderType, price, exit) => {
  expect(newExit({ orderType, executionPrice: 100n }, price, QUOTE)).toBe(exit)
})

it('compares with the entry while there is no price', () => {
  expect(newExit({ orderType: 'LONG', executionPrice: 100n }, 105n, null)).toBe('takeProfit')
})
