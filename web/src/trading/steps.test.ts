import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import { assetInfo, setMarkets } from '@/markets'
import { minimumProblem, stepProblem, tickProblem } from '@/trading/steps'
import { market } from '@/testkit'

setMarkets([
  market('BTCUSDT', {
    priceDecimals: 1,
    quantityDecimals: 3,
    priceTickInt: '50000000',
    quantityStepInt: '100000',
    minQuantityInt: '200000',
    minNotionalInt: '10000000000',
  }),
  market('ETHUSDT'),
])
const [BTC, ETH] = [assetInfo('BTCUSDT'), assetInfo('ETHUSDT')]

it.each([
  ['92000.5', null],
  ['92000.6', 'Prices are multiples of 0.5: 92,000.5 or 92,001.0'],
  ['0.1', 'Prices are multiples of 0.5: 0.5'],
])('price %s: %s', (price, problem) => {
  expect(tickProblem(BTC, exact(price))).toBe(problem)
  expect(tickProblem(ETH, exact(price))).toBeNull()
})

it.each([
  ['0.012', null],
  ['0.0125', 'Sizes are multiples of 0.001 BTC: 0.012 or 0.013'],
  ['0.0001', 'Sizes are multiples of 0.001 BTC: 0.001'],
])('size %s: %s', (qty, problem) => {
  expect(stepProblem(BTC, exact(qty))).toBe(problem)
  expect(stepProblem(ETH, exact(qty))).toBeNull()
})

it.each([
  ['0.001', '100000', 'At least 0.002 BTC'],
  ['0.002', '50000', null],
  // Rounded down: 99.998 is less than 100.
  ['0.002', '49999', 'Worth 99.99 USD; at least 100.00 USD'],
])('%s at %s: %s', (qty, price, problem) => {
  expect(minimumProblem(BTC, exact(qty), exact(price))).toBe(problem)
  expect(minimumProblem(ETH, exact(qty), exact(price))).toBeNull()
})
