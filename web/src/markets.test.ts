import { beforeEach, expect, it } from 'vitest'
import { exact } from '@/decimal'
import * as format from '@/format'
import {
  assetInfo,
  isSymbol,
  listedOrFirst,
  markets,
  noteSymbol,
  priceTick,
  qtyStep,
  setMarkets,
  unlistedSymbols,
} from '@/markets'
import { market } from '@/testkit'

const [BTC, ETH] = [market('BTCUSDT'), market('ETHUSDT', { quantityDecimals: 4 })]

beforeEach(() => setMarkets([BTC, ETH]))

it('formats numbers as the market says', () => {
  setMarkets([market('BTCUSDT', { priceDecimals: 1, quantityDecimals: 0 })])
  expect(format.price('BTCUSDT', exact('1234.56'))).toBe('1,234.6')
  expect(format.qty('BTCUSDT', exact('3'))).toBe('3')
})

it('formats the numbers of a contract that costs a fraction of a cent', () => {
  setMarkets([market('1000PEPEUSDT', { priceDecimals: 7, quantityDecimals: 0 })])
  expect(format.price('1000PEPEUSDT', exact('0.00460001'))).toBe('0.0046000')
  expect(format.qty('1000PEPEUSDT', exact('2000000'))).toBe('2,000,000')
  expect(priceTick(assetInfo('1000PEPEUSDT'))).toBe(10n)
  expect(qtyStep(assetInfo('1000PEPEUSDT'))).toBe(exact('1'))
})

it('rounds to the steps of the market, where it has some', () => {
  const steps = { priceTickInt: '50000000', quantityStepInt: '300000', minNotionalInt: '500000000' }
  setMarkets([market('BTCUSDT', steps)])
  const info = assetInfo('BTCUSDT')
  expect(priceTick(info)).toBe(exact('0.5'))
  expect(qtyStep(info)).toBe(exact('0.003'))
  expect(info).toMatchObject({ minNotional: exact('5'), minQuantity: null, status: 'TRADING' })
})

it('shows an unlisted symbol with all decimals', () => {
  expect(assetInfo('NEWEUR')).toMatchObject({ asset: 'NEWEUR', base: 'NEWEUR', maxLeverage: 1 })
  expect(format.price('NEWEUR', exact('1.5'))).toBe('1.50000000')
  expect(format.qty('NEWEUR', exact('2'))).toBe('2.00000000')
})

it('keeps the objects of unchanged markets', () => {
  const list = markets.get()
  setMarkets([{ ...BTC }, { ...ETH }])
  expect(markets.get()).toBe(list)
  setMarkets([BTC, { ...ETH, maxLeverage: 20 }, market('SOLUSDT')])
  expect(markets.get()[0]).toBe(list[0])
  expect(assetInfo('ETHUSDT').maxLeverage).toBe(20)
  expect(assetInfo('SOLUSDT').base).toBe('SOL')
})

it.each([
  ['ETHUSDT', 'ETHUSDT'],
  ['OLDUSDT', 'BTCUSDT'],
  [null, 'BTCUSDT'],
])('shows for the asset %s the market %s', (asset, shown) => {
  expect(listedOrFirst(asset)).toBe(shown)
})

it('counts each unlisted symbol once', () => {
  const before = unlistedSymbols.get()
  for (const symbol of ['BTCUSDT', 'AAAUSDT', 'AAAUSDT', 'BBBUSDT']) noteSymbol(symbol)
  expect(unlistedSymbols.get()).toBe(before + 2)
})

it('counts nothing before the list is loaded', () => {
  setMarkets([])
  const before = unlistedSymbols.get()
  noteSymbol('CCCUSDT')
  expect(unlistedSymbols.get()).toBe(before)
  setMarkets([BTC])
  noteSymbol('CCCUSDT')
  expect(unlistedSymbols.get()).toBe(before + 1)
})

it.each([
  ['BTCUSDT', true],
  ['1INCH', true],
  ['AB', true],
  ['ABCDEFGHIJKLMNOP', true],
  ['ABCDEFGHIJKLMNOPQ', false],
  ['A', false],
  ['btcusdt', false],
  ['BTC-USD', false],
  [7, false],
])('symbol %j: %s', (value, expected) => {
  expect(isSymbol(value)).toBe(expected)
})
