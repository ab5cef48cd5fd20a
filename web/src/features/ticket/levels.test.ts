/** Exits in every unit, and several levels of them. */

import { describe, expect, it } from 'vitest'
import { exact, print } from '@/decimal'
import { EMPTY, reduce } from '@/features/ticket/draft'
import { type Draft, evaluate } from '@/features/ticket/evaluate'
import { evenShares, type Exit, type ExitUnit } from '@/features/ticket/levels'
import { assetInfo, setMarkets } from '@/markets'
import { costly, market } from '@/testkit'

setMarkets([
  market('BTCUSDT', { quantityDecimals: 3, quantityStepInt: '100000', priceTickInt: '10000000' }),
  costly('ETHUSDT', { quantityDecimals: 3 }),
])
const QUOTE = { bid: exact('99900'), ask: exact('100000') }
const FREE = exact('100000')

const evaluated = (part: Partial<Draft>, asset = 'BTCUSDT') =>
  evaluate({ ...EMPTY, sizeText: '0.1', ...part }, assetInfo(asset), QUOTE, FREE)
const exit = (unit: ExitUnit, ...levels: [text: string, share: string][]): Exit => {
  const [[text, share] = ['', ''], ...more] = levels
  return { text, unit, share, more: more.map(([text, share]) => ({ text, share })) }
}

describe('a distance', () => {
  it.each([
    ['LONG', 'takeProfit', 'percent', '1', '101000'],
    ['LONG', 'stopLoss', 'percent', '1', '99000'],
    ['LONG', 'stopLoss', 'percent', '-1 %', '99000'],
    ['SHORT', 'takeProfit', 'percent', '1', '98901'],
    ['SHORT', 'stopLoss', 'percent', '1', '100899'],
    // 1,234.567 % of a tick: on the side that loses no more and gains no less.
    ['LONG', 'takeProfit', 'percent', '1.234567', '101234.6'],
    ['LONG', 'stopLoss', 'percent', '1.234567', '98765.5'],
    ['SHORT', 'takeProfit', 'percent', '1.234567', '98666.6'],
    ['SHORT', 'stopLoss', 'percent', '1.234567', '101133.3'],
    ['LONG', 'takeProfit', 'distance', '500.05', '100500.1'],
    ['LONG', 'stopLoss', 'distance', '500', '99500'],
    ['SHORT', 'stopLoss', 'distance', '500', '100400'],
  ] as const)('of a %s’s %s in %s of %s is %s', (orderType, name, unit, text, price) => {
    const { problems, request } = evaluated({ orderType, [name]: { text, unit } })
    expect(problems).toEqual({})
    expect(request?.[name]).toBe(price)
  })

  it.each([
    ['takeProfit', 'percent', '-1', 'Must be above zero'],
    ['takeProfit', 'percent', '1,5', 'Write it without separators'],
    ['stopLoss', 'distance', '100000', 'No price is that far away'],
    ['stopLoss', 'percent', '9', 'Must be above the liquidation price'],
    ['stopLoss', 'distance', '50', 'Must be below the bid'],
    ['takeProfit', 'price', '101000.05', 'Prices are multiples of 0.1'],
  ] as const)('%s in %s of %s is refused', (name, unit, text, problem) => {
    const { problems, request } = evaluated({ [name]: { text, unit } })
    expect(problems[name]).toContain(problem)
    expect(request).toBeNull()
  })
})

describe('several levels', () => {
  const plan = (takeProfit: Exit, part: Partial<Draft> = {}) => {
    const { preview, request, later, problems } = evaluated({ takeProfit, ...part })
    const orders = later.map(({ exit, price, qty }) => [exit, print(price), print(qty)])
    return { attached: request?.takeProfit, orders, problems, preview: preview?.takeProfit }
  }

  it('attach the farthest and make orders of the others, in whatever order they are typed', () => {
    const expected = [
      ['takeProfit', '101000', '0.03'],
      ['takeProfit', '102000', '0.03'],
    ]
    const far = ['103000', '40'] as [string, string]
    const near = [
      ['101000', '30'],
      ['102000', '30'],
    ] as [string, string][]
    expect(plan(exit('price', ...near, far))).toMatchObject({
      attached: '103000',
      orders: expected,
    })
    expect(plan(exit('price', far, ...near))).toMatchObject({
      attached: '103000',
      orders: expected,
    })
  })

  it('of a short lie below it', () => {
    const levels = exit('price', ['97000', '50'], ['98000', '50'])
    const { attached, orders } = plan(levels, { orderType: 'SHORT' })
    expect([attached, orders]).toEqual(['97000', [['takeProfit', '98000', '0.05']]])
  })

  it('attach none where something is left of the position', () => {
    const { attached, orders } = plan(exit('price', ['101000', '20'], ['102000', '20']))
    expect(attached).toBeUndefined()
    expect(orders).toHaveLength(2)
  })

  it('leave what is lost to the step to the last', () => {
    const thirds = evenShares(3).map((share, i) => [`10${i + 1}000`, share] as [string, string])
    const { preview, orders } = plan(exit('price', ...thirds), { sizeText: '0.101' })
    expect(orders.map(([, , qty]) => qty)).toEqual(['0.033', '0.033'])
    expect(preview?.levels.map(({ qty }) => print(qty))).toEqual(['0.033', '0.033', '0.035'])
  })

  it('as P&L are that of their own part', () => {
    // 50 USD on 0.05 are 1,000; on 0.1 they would be 500.
    const { orders, attached } = plan(exit('pnl', ['50', '50'], ['100', '50']))
    expect([orders, attached]).toEqual([[['takeProfit', '101000', '0.05']], '102000'])
  })

  it('put the stop-losses first, since they protect', () => {
    const stopLoss = exit('price', ['99000', '50'], ['98000', '50'])
    const { later, request } = evaluated({
      stopLoss,
      takeProfit: exit('price', ['101000', '50'], ['102000', '50']),
    })
    expect(later.map(({ exit }) => exit)).toEqual(['stopLoss', 'takeProfit'])
    expect(request?.stopLoss).toBe('98000')
  })

  it.each([
    [
      [
        ['101000', '60'],
        ['102000', '50'],
      ],
      'takeProfit.1.share',
      'The shares add up to 110.00%',
    ],
    [
      [
        ['101000', '0'],
        ['102000', '50'],
      ],
      'takeProfit.share',
      'Must be above zero',
    ],
    [
      [
        ['101000', 'x'],
        ['102000', '50'],
      ],
      'takeProfit.share',
      'Not a number',
    ],
    [
      [
        ['99000', '50'],
        ['102000', '50'],
      ],
      'takeProfit',
      'Must be above 100,000.00',
    ],
    [
      [
        ['101000', '50'],
        ['99000', '50'],
      ],
      'takeProfit.1',
      'Must be above 100,000.00',
    ],
    [
      [
        ['101000', '0.5'],
        ['102000', '50'],
      ],
      'takeProfit.share',
      'Too small',
    ],
  ] as const)('%j: the problem is at %s', (levels, field, problem) => {
    const pairs = levels.map(([text, share]) => [text, share] as [string, string])
    const { problems, attached } = plan(exit('price', ...pairs))
    expect(problems[field]).toContain(problem)
    expect(attached).toBeUndefined()
  })

  it('are not sent while one of them is empty', () => {
    const { request, problems } = evaluated({
      takeProfit: exit('price', ['101000', '50'], ['', '50']),
    })
    expect([request, problems]).toEqual([null, {}])
  })

  it('result in their sum after all fees', () => {
    const takeProfit = exit('price', ['101000', '50'], ['102000', '50'])
    const { preview } = evaluated(
      { takeProfit, stopLoss: { text: '99000', unit: 'price' } },
      'ETHUSDT',
    )
    // 50 + 100; fees of 0.05 % on 10,000, 5,050 and 5,100.
    expect(preview?.takeProfit).toMatchObject({ pnl: exact('150'), net: exact('139.925') })
    // −100, fees of 5 and 4.95.
    expect(preview?.stopLoss?.net).toBe(exact('-109.95'))
    expect(preview?.maxLoss).toBe(exact('109.95'))
    expect(preview?.riskReward).toBe(exact('1.27262391'))
  })

  it('count the liquidation of what no stop-loss closes', () => {
    const half = exit('price', ['99000', '25'], ['98000', '25'])
    // 25 and 50 lost at the levels, 0.05 from 100,000 to 91,000 at the liquidation.
    expect(evaluated({ stopLoss: half }).preview?.maxLoss).toBe(exact('525'))
  })
})

describe('the draft', () => {
  const market = { info: assetInfo('BTCUSDT'), quote: QUOTE, free: FREE }

  it('shares the position evenly among its levels', () => {
    const typed = reduce(EMPTY, { type: 'exit', exit: 'stopLoss', level: { text: '9' } }, market)
    const two = reduce(typed, { type: 'addLevel', exit: 'stopLoss' }, market)
    const three = reduce(two, { type: 'addLevel', exit: 'stopLoss' }, market)
    expect(three.stopLoss).toEqual({
      text: '9',
      unit: 'price',
      share: '33',
      more: [
        { text: '', share: '33' },
        { text: '', share: '34' },
      ],
    })
    const back = [2, 1].reduce(
      (draft, index) => reduce(draft, { type: 'removeLevel', exit: 'stopLoss', index }, market),
      three,
    )
    expect(back.stopLoss).toEqual({ text: '9', unit: 'price' })
  })
})
