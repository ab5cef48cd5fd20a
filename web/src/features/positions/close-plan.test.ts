import { beforeEach, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { fillingOf, limitOrder, readClose, WHOLE } from '@/features/positions/close-plan'
import { setMarkets } from '@/markets'
import type { Position } from '@/trading/account'
import { market, openPosition } from '@/testkit'

const long: Position = openPosition('BTCUSDT')
const short: Position = { ...long, orderType: 'SHORT' }

beforeEach(() => setMarkets([market('BTCUSDT', { makerFeePpm: 200, takerFeePpm: 500 })]))

it.each([
  ['', 'Enter a quantity'],
  ['x', 'Not a number'],
  ['0', 'Must be above zero'],
  ['0.01000001', 'At most 0.01000 BTC'],
  ['0.01', undefined],
])('reads the quantity %s', (qtyText, problem) => {
  const read = readClose(long, { ...WHOLE, qtyText })
  expect(read.problems.qty).toBe(problem)
  expect(read.plan === null).toBe(problem !== undefined)
})

it('needs a price for a limit order only', () => {
  expect(readClose(long, WHOLE).plan).toEqual({ qty: long.qty, price: null })
  expect(readClose(long, { ...WHOLE, isLimit: true }).problems).toEqual({ price: 'Enter a price' })
  const limit = { ...WHOLE, isLimit: true, priceText: '101000' }
  expect(readClose(long, limit).plan).toEqual({ qty: long.qty, price: exact('101000') })
})

it('fills at the quote, or as a maker at a better price', () => {
  const quote = { bid: exact('99900'), ask: exact('100000') }
  const fill = (position: Position, price: string) => {
    const filling = fillingOf(position, exact(price), quote)
    return [filling.isImmediate, filling.feePpm, filling.quote.bid]
  }
  expect(fill(long, '99900')).toEqual([true, 500, quote.bid])
  expect(fill(long, '99901')).toEqual([false, 200, exact('99901')])
  expect(fill(short, '100000')).toEqual([true, 500, quote.bid])
  expect(fill(short, '99999')).toEqual([false, 200, exact('99999')])
  expect(fillingOf(long, null, quote).isImmediate).toBe(true)
})

it('names the side of the position where there is one of each', () => {
  const order = limitOrder(short, exact('0.005'), exact('90000'), 'hedge')
  expect(order).toMatchObject({ side: 'BUY', reduceOnly: true, positionSide: 'SHORT' })
  expect(limitOrder(long, 1n, 1n, 'one_way')).not.toHaveProperty('positionSide')
})
