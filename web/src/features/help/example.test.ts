import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exact, print } from '@/decimal'
import { quoteAround, workedExample } from '@/features/help/example'

it('rounds the spread away from the price', () => {
  expect(quoteAround(exact('92000'), 10)).toEqual({ bid: exact('91954'), ask: exact('92046') })
  expect(quoteAround(3n, 10)).toEqual({ bid: 2n, ask: 4n })
})

const MARKET = { maxLeverage: 100, spreadBps: 10, liquidationLossBps: 9_000 }

it('matches the figures computed by hand', () => {
  const example = workedExample(MARKET)
  expect(example).toMatchObject({
    entry: exact('92046'),
    notional: exact('4602.3'),
    margin: exact('460.23'),
    free: exact('539.77'),
    liquidation: exact('83761.86'),
  })
  expect(example.atOnce.pnl).toBe(exact('-4.6'))
  expect(example.atTakeProfit.pnl).toBe(exact('97.7'))
  expect(example.atStopLoss.pnl).toBe(exact('-52.3'))
  // Nine tenths of the margin.
  expect(example.atLiquidation.pnl).toBe(exact('-414.207'))
})

it('loses the margin and no more in a gap', () => {
  const { atGap, margin } = workedExample(MARKET)
  expect(atGap?.uncapped).toBe(exact('-602.3'))
  expect(atGap?.pnl).toBe(-margin)
  expect(atGap?.shortfall).toBe(exact('142.07'))
})

it.each([
  { maxLeverage: 20, spreadBps: 10, liquidationLossBps: 5_000 },
  { maxLeverage: 5, spreadBps: 0, liquidationLossBps: 10_000 },
  { maxLeverage: 100, spreadBps: 1_000, liquidationLossBps: 9_000 },
  { maxLeverage: 100, spreadBps: 100, liquidationLossBps: 2_000 },
  { maxLeverage: 2, spreadBps: 300, liquidationLossBps: 8_000 },
  { maxLeverage: 1, spreadBps: 50, liquidationLossBps: 9_000 },
])('holds in the market %j', (market) => {
  const example = workedExample(market)
  const { entry, quote, liquidation, leverage, atTakeProfit, atStopLoss, atGap } = example
  expect(leverage).toBeLessThanOrEqual(market.maxLeverage)
  expect(example.free).toBeGreaterThan(0n)
  expect(atTakeProfit.close).toBeGreaterThan(entry)
  expect(atStopLoss.close).toBeLessThan(quote.bid)
  expect(atStopLoss.close).toBeGreaterThan(liquidation)
  expect(example.atLiquidation.shortfall).toBe(0n)
  expect(atGap === null).toBe(leverage === 1)
  if (atGap) expect(atGap.shortfall).toBeGreaterThan(0n)
})

const FILE = '../crates/exchange/tests/vectors/example.json'

it('matches the engine', () => {
  const example = workedExample(MARKET)
  const end = (outcome: typeof example.atGap, reason: string) =>
    outcome && {
      reason,
      close: print(outcome.close),
      pnl: print(outcome.pnl),
      shortfall: print(outcome.shortfall),
      balance: print(outcome.balance),
    }
  expect({
    bid: print(example.quote.bid),
    ask: print(example.quote.ask),
    entry: print(example.entry),
    margin: print(example.margin),
    free: print(example.free),
    liquidation: print(example.liquidation),
    atOnce: end(example.atOnce, 'MANUAL'),
    atTakeProfit: end(example.atTakeProfit, 'TAKE_PROFIT'),
    atStopLoss: end(example.atStopLoss, 'STOP_LOSS'),
    atLiquidation: end(example.atLiquidation, 'MARGIN_CALL'),
    atGap: end(example.atGap, 'MARGIN_CALL'),
  }).toEqual(JSON.parse(readFileSync(FILE, 'utf8')))
})
