import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exact, print } from '@/decimal'
import { quoteAround, workedExample } from '@/features/help/example'

it('rounds the spread away from the price', () => {
  expect(quoteAround(exact('92000'), 10n)).toEqual({ bid: exact('91954'), ask: exact('92046') })
  expect(quoteAround(3n, 10n)).toEqual({ bid: 2n, ask: 4n })
})

it('matches the figures computed by hand', () => {
  const example = workedExample()
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
  const { atGap, margin } = workedExample()
  expect(atGap.uncapped).toBe(exact('-602.3'))
  expect(atGap.pnl).toBe(-margin)
  expect(atGap.shortfall).toBe(exact('142.07'))
})

const FILE = '../crates/exchange/tests/vectors/example.json'

it('matches the engine', () => {
  const example = workedExample()
  const end = ({ close, pnl, shortfall, balance }: typeof example.atOnce, reason: string) => ({
    reason,
    close: print(close),
    pnl: print(pnl),
    shortfall: print(shortfall),
    balance: print(balance),
  })
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
