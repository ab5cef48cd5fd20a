import { beforeEach, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { setMarkets } from '@/markets'
import { closingAt } from '@/trading/account'
import { partOf, shareOf } from '@/trading/parts'
import { market, openPosition } from '@/testkit'

const position = openPosition('BTCUSDT', {
  qty: exact('0.00003'),
  margin: exact('0.10000001'),
  commission: exact('0.002'),
  funding: exact('-0.001'),
})

beforeEach(() => setMarkets([market('BTCUSDT', { takerFeePpm: 500 })]))

it('rounds a share down to the lot, and all of it to nothing', () => {
  expect(shareOf(position, 25)).toBe(0n)
  expect(shareOf(position, 50)).toBe(exact('0.00001'))
  const odd = { ...position, qty: exact('0.00003001') }
  expect(shareOf(odd, 75)).toBe(exact('0.00002'))
  expect(shareOf(odd, 100)).toBe(odd.qty)
})

it('gives a part its margin, rounded down, and none of the earlier costs', () => {
  const part = partOf(position, exact('0.00001'))
  // A third of 0.10000001.
  expect(part.margin).toBe(exact('0.03333333'))
  const quote = { bid: exact('101000'), ask: exact('101100') }
  const fee = exact('0.000505')
  expect(closingAt(part, quote, 500)).toEqual({ fee, net: exact('0.01') - fee })
  expect(partOf(position, position.qty)).toBe(position)
})
