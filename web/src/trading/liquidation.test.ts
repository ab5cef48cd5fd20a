import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import type { Position } from '@/trading/account'
import { nearLiquidation } from '@/trading/liquidation'

const long = {
  orderId: 'long',
  asset: 'BTCUSDT',
  orderType: 'LONG',
  executionPrice: exact('100'),
  liquidationPrice: exact('90'),
} as Position

const at = (bid: string) => () => ({ bid: exact(bid), ask: exact('1000') })

it('warns at the configured share, and resets only clearly above it', () => {
  const near = (bid: string, before: string[]) => nearLiquidation([long], at(bid), 20, before)
  expect(near('92.01', [])).toEqual([])
  expect(near('92', [])).toEqual(['long'])
  // 25 % is left: still near for a position that was near before, not for another one.
  expect(near('92.5', ['long'])).toEqual(['long'])
  expect(near('92.5', [])).toEqual([])
  expect(near('92.51', ['long'])).toEqual([])
})

it('reports nothing without a price', () => {
  expect(nearLiquidation([long], () => null, 20, [])).toEqual([])
})
