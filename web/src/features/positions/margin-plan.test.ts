import { beforeEach, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { readMargin, removable } from '@/features/positions/margin-plan'
import { setMarkets } from '@/markets'
import { market, openPosition } from '@/testkit'

/** 0.01 BTC at 100,000 with 10×: a margin of 100. */
const position = openPosition('BTCUSDT', { margin: exact('150') })
const quote = { bid: exact('99900'), ask: exact('100000') }
const read = (direction: 'add' | 'remove', text: string, known = position) =>
  readMargin(known, direction, text, exact('30.5'), quote)

beforeEach(() => setMarkets([market('BTCUSDT')]))

it('adds what is free, and removes what the leverage leaves', () => {
  expect(removable(position)).toBe(exact('50'))
  // 90 % of 180.5 on 0.01 BTC is a move of 16,245.
  expect(read('add', '30.5')).toEqual({
    amount: exact('30.5'),
    margin: exact('180.5'),
    liquidation: exact('83755'),
    problem: null,
    warning: null,
  })
  expect(read('remove', '50')).toMatchObject({
    amount: exact('-50'),
    margin: exact('100'),
    liquidation: exact('91000'),
  })
})

it.each([
  ['add', '', 'Enter an amount'],
  ['add', '-1', 'Must be above zero'],
  ['add', '30.50000001', 'Only 30.50 USD is free'],
  ['remove', '50.00000001', 'At most 50.00 USD: 10× needs the rest'],
] as const)('refuses to %s %s', (direction, text, problem) => {
  expect(read(direction, text)).toMatchObject({ amount: null, problem })
})

it('refuses what would liquidate at once, and to remove from the least margin', () => {
  const low = { ...position, executionPrice: exact('110000'), margin: exact('150') }
  // A margin of 110 is liquidated by a move of 9,900, at 100,100: above the bid.
  expect(read('remove', '40', low).problem).toBe('Would be liquidated at once, at 100,100.00')
  const least = { ...position, margin: exact('100') }
  expect(read('remove', '1', least).problem).toBe('Nothing can be removed: 10× needs the rest')
})

it.each([
  // A margin of 100 is liquidated at 91,000, one of 150 at 86,500.
  ['LONG', '91000.01', null],
  ['LONG', '91000', 'The stop-loss at 91,000.00 would be beyond the liquidation price'],
  ['LONG', '87000', 'the position would be liquidated at 91,000.00 first'],
  ['SHORT', '109000', 'The stop-loss at 109,000.00 would be beyond'],
  ['SHORT', '108999.99', null],
] as const)('warns of a %s’s stop-loss at %s that it makes useless', (orderType, stop, words) => {
  const known = { ...position, orderType, stopLoss: exact(stop) }
  const { warning, problem, amount } = read('remove', '50', known)
  expect([problem, amount]).toEqual([null, exact('-50')])
  if (words === null) expect(warning).toBeNull()
  else expect(warning).toContain(words)
})

it('leaves the liquidation price out where the market is not known', () => {
  const read = readMargin({ ...position, asset: 'XXXUSDT' }, 'add', '1', exact('5'), null)
  expect(read).toMatchObject({ amount: exact('1'), liquidation: null })
})
