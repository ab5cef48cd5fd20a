import { describe, expect, it } from 'vitest'
import * as costs from '@/costs'
import { exact, print } from '@/decimal'
import { assetInfo, type Bracket, setMarkets } from '@/markets'
import * as rules from '@/rules'
import { costly, market } from '@/testkit'

/** Brackets as those of `crates/exchange/tests/rules/step.rs`: caps in thousands of USD. */
function brackets(...rows: [cap: number, maxLeverage: number, ppm: number][]): Bracket[] {
  const made: Bracket[] = []
  for (const [cap, maxLeverage, maintenancePpm] of rows) {
    const before = made.at(-1)
    const step = BigInt(maintenancePpm - (before?.maintenancePpm ?? maintenancePpm))
    const more = ((before?.notionalCap ?? 0n) * step) / 1_000_000n
    made.push({
      notionalCap: exact(String(cap * 1_000)),
      maxLeverage,
      maintenancePpm,
      maintenanceAmount: (before?.maintenanceAmount ?? 0n) + more,
    })
  }
  return made
}

const ETH = brackets(
  [10, 100, 5_000],
  [100, 75, 6_500],
  [500, 50, 10_000],
  [1_000, 25, 20_000],
  [2_000, 10, 50_000],
  [5_000, 5, 100_000],
  [10_000, 4, 125_000],
)
const BTC = brackets(
  [50, 100, 4_000],
  [250, 100, 5_000],
  [1_000, 50, 10_000],
  [10_000, 20, 25_000],
  [20_000, 10, 50_000],
)
const SMALL = brackets([1, 100, 10_000], [2, 10, 30_000], [4, 5, 50_000])

describe('the tables of crates/exchange/tests/rules/costs.rs', () => {
  it('has the maintenance amounts of the published brackets', () => {
    expect(print(ETH[5]?.maintenanceAmount ?? 0n)).toBe('135365')
    expect(print(BTC[3]?.maintenanceAmount ?? 0n)).toBe('16300')
  })

  it.each([
    [ETH, 'LONG', '3683.979', '1456.84', '1535443.01', '1114.78496375'],
    [ETH, 'LONG', '3683.979', '1456.84', '1407887.62856', '1153.2564647'],
    [BTC, 'LONG', '109.488', '32481.98', '1535443.01', '18778.72593218'],
    [BTC, 'LONG', '109.488', '32481.98', '730737.612', '26316.89330891'],
    [SMALL, 'LONG', '5', '101', '50.5', '91.81818182'],
    [SMALL, 'SHORT', '5', '99', '49.5', '107.82178217'],
    [SMALL, 'LONG', '15', '101', '151.5', '92.33676976'],
    [SMALL, 'SHORT', '15', '99', '148.5', '107.02265372'],
    [SMALL, 'LONG', '5', '101', '60.5', '89.7979798'],
    [SMALL, 'LONG', '5', '101', '101', '81.61616162'],
    // A margin of the whole value: no price liquidates it.
    [SMALL, 'LONG', '5', '101', '505', '0'],
  ] as const)('maintenance price %#', (table, side, qty, entry, margin, expected) => {
    const price = costs.maintenancePrice(side, exact(entry), exact(margin), exact(qty), table)
    expect(print(price)).toBe(expected)
  })

  it.each([
    ['1', '101', 500, '0.0505'],
    ['1', '99', 500, '0.0495'],
    ['0.00000001', '101', 500, '0.00000001'],
    ['1.23456789', '101', 500, '0.06234568'],
    ['1', '98', 200, '0.0196'],
    ['1', '91.91', 12_500, '1.148875'],
    ['1', '101', 0, '0'],
  ])('fee of %s at %s with %d ppm', (qty, price, ppm, expected) => {
    expect(print(costs.fee(exact(qty), exact(price), ppm))).toBe(expected)
  })

  it.each([
    ['LONG', '1', '0.0001', '-0.01'],
    ['SHORT', '1', '0.0001', '0.01'],
    ['LONG', '1', '-0.0001', '0.01'],
    ['SHORT', '1', '-0.0001', '-0.01'],
    // Paid is rounded up, received down.
    ['LONG', '0.00012345', '0.00012345', '-0.00000153'],
    ['SHORT', '0.00012345', '0.00012345', '0.00000152'],
  ] as const)('funding of a %s of %s at %s', (side, qty, rate, expected) => {
    expect(print(costs.funding(side, exact(qty), exact('100'), exact(rate)))).toBe(expected)
  })

  it('limits the rate in both directions', () => {
    expect(costs.cappedRate(exact('0.03'), 20_000)).toBe(exact('0.02'))
    expect(costs.cappedRate(exact('-0.03'), 20_000)).toBe(exact('-0.02'))
    expect(costs.cappedRate(exact('0.01'), 20_000)).toBe(exact('0.01'))
  })
})

describe('the highest leverage at a value', () => {
  const info = (table: Bracket[]) => ({
    ...assetInfo('BTCUSDT'),
    maxLeverage: 100,
    brackets: table,
  })

  it.each([
    // 10 × 101 is in the second bracket, 20 × 101 in the third, 40 × 101 in none.
    ['999.99999999', 100],
    ['1000', 100],
    ['1000.00000001', 10],
    ['1010', 10],
    ['2020', 5],
    ['4000', 5],
    ['4040', 0],
  ])('%s USD', (notional, expected) => {
    expect(costs.maxLeverageAt(info(SMALL), exact(notional))).toBe(expected)
  })

  it('is that of the market without brackets', () => {
    expect(costs.maxLeverageAt(info([]), exact('1000000000'))).toBe(100)
  })
})

it.each([
  [100, '1000'],
  [11, '1000'],
  [10, '2000'],
  [5, '4000'],
  [1, '4000'],
])('caps the value of a position at %s× at %s USD', (leverage, cap) => {
  const info = { ...assetInfo('BTCUSDT'), brackets: SMALL }
  expect(costs.notionalCapAt(info, leverage)).toBe(exact(cap))
  expect(costs.notionalCapAt({ ...info, brackets: [] }, leverage)).toBeNull()
})

it.each([
  ['1000', 10, 0, '10000'],
  // 10,000 of value cost 1,000 of margin and 5 of fee.
  ['1005', 10, 500, '10000'],
  ['1000', 3, 500, '2995.50673989'],
])('%s USD at %s× and %s ppm carry %s USD', (money, leverage, ppm, value) => {
  expect(print(costs.notionalForMoney(exact(money), leverage, ppm))).toBe(value)
})

describe('the liquidation price at the opening', () => {
  it('goes by the market’s model, and by the size where that counts', () => {
    setMarkets([
      market('BTCUSDT'),
      market('ETHUSDT', {
        liquidationModel: 'MAINTENANCE',
        brackets: [
          {
            notionalCap: '1000',
            notionalCapInt: '100000000000',
            maxLeverage: 100,
            maintenancePpm: 10_000,
            maintenanceAmount: '0',
            maintenanceAmountInt: '0',
          },
        ],
      }),
    ])
    const [loss, maintenance] = ['BTCUSDT', 'ETHUSDT'].map(assetInfo)
    if (!loss || !maintenance) throw new Error('both are listed')
    const at = (info: typeof loss, qty: bigint | null) =>
      costs.liquidationAtOpening(info, 'LONG', exact('101'), 10, qty)
    expect(at(loss, null)).toBe(exact('91.91'))
    expect(at(maintenance, null)).toBeNull()
    expect(at(maintenance, exact('5'))).toBe(exact('91.81818182'))
  })
})

it('finds the largest size whose margin and fee are affordable', () => {
  const cost = (qty: bigint) =>
    rules.margin(qty, exact('101'), 10) + costs.fee(qty, exact('101'), 500)
  for (const money of ['10.1505', '10.15049999', '0.00000012', '999.99999999', '0']) {
    const [paid, step] = [exact(money), 1n]
    const qty = costs.qtyForMoney(paid, exact('101'), 10, 500, step)
    expect(cost(qty) <= paid, money).toBe(true)
    // Within a unit: the roundings of margin and fee are not searched for the last one.
    expect(cost(qty + 2n * step) > paid, money).toBe(true)
  }
  expect(costs.qtyForMoney(exact('10.1505'), exact('101'), 10, 500, exact('0.001'))).toBe(
    exact('1'),
  )
})

describe('the break-even price', () => {
  it.each([
    // (1,000 + 0.5) / (0.01 × 0.9995) is 100,100.05…
    ['LONG', '0.01', '100000', '0.5', 500, '0.1', '100100.1'],
    ['SHORT', '0.01', '100000', '0.5', 500, '0.1', '99900'],
    ['LONG', '0.01', '100000', '0', 0, '0.1', '100000'],
    // The roundings take a unit: 0.3 of P&L more than the ideal price of 1.33400034 gives.
    ['LONG', '0.00000003', '1', '0.00000001', 500, '0.00000001', '1.66750042'],
  ] as const)('%s %s at %s, paid %s, %s ppm', (side, q, e, paid, ppm, tick, expected) => {
    const [qty, entry, step] = [exact(q), exact(e), exact(tick)]
    const price = costs.breakEvenPrice(side, entry, qty, exact(paid), ppm, step)
    const netAt = (at: bigint) =>
      rules.pnl(side, qty, entry, at) - costs.fee(qty, at, ppm) - exact(paid)
    expect(print(price)).toBe(expected)
    expect(netAt(price)).toBeGreaterThanOrEqual(0n)
    if (ppm > 0 && step > 1n)
      expect(netAt(side === 'LONG' ? price - step : price + step)).toBeLessThan(0n)
  })
})

it('moves the liquidation price of a position that gets another margin', () => {
  setMarkets([market('BTCUSDT'), costly('ETHUSDT', { brackets: [] })])
  const at = (asset: string, margin: string, side: rules.Side = 'LONG') =>
    costs.liquidationWithMargin(assetInfo(asset), side, exact('101'), exact(margin), exact('5'))
  // As at its opening with 10×, and then with ten dollars more.
  expect(at('BTCUSDT', '50.5')).toBe(exact('91.91'))
  expect(at('BTCUSDT', '60.5')).toBe(exact('90.11'))
  expect(at('BTCUSDT', '60.5', 'SHORT')).toBe(exact('111.89'))
  expect(at('BTCUSDT', '600')).toBe(0n)
  // Without its brackets, or without the market, it is not known.
  expect(at('ETHUSDT', '60.5')).toBeNull()
  expect(at('XXXUSDT', '60.5')).toBeNull()
})
