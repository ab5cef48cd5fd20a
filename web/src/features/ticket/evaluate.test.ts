import { describe, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { EMPTY, reduce } from '@/features/ticket/draft'
import { type Draft, entryOf, evaluate } from '@/features/ticket/evaluate'
import { convertSize, textForShare } from '@/features/ticket/size'
import { assetInfo, setMarkets } from '@/markets'
import { market } from '@/testkit'

setMarkets([market('BTCUSDT')])
const BTC = assetInfo('BTCUSDT')
const QUOTE = { bid: exact('99900'), ask: exact('100000') }
const FREE = exact('1000')

const draft = (part: Partial<Draft>): Draft => ({ ...EMPTY, sizeText: '0.01', ...part })
const evaluated = (part: Partial<Draft>, free = FREE) => evaluate(draft(part), BTC, QUOTE, free)
const problems = (part: Partial<Draft>) => evaluated(part).problems
const price = (text: string) => ({ text, unit: 'price' }) as const
const whole = { free: FREE, reduces: null }
const sizeForShare = (part: Draft, percent: number) =>
  textForShare(part, BTC, entryOf(part, BTC, QUOTE), whole, percent)

describe('a valid order', () => {
  it('is previewed exactly', () => {
    const { preview, problems, request } = evaluated({})
    expect(problems).toEqual({})
    expect(preview).toEqual({
      qty: exact('0.01'),
      entry: exact('100000'),
      margin: exact('100'),
      notional: exact('1000'),
      spreadCost: exact('1'),
      fee: 0n,
      closeFee: 0n,
      isImmediate: true,
      funding: null,
      liquidation: exact('91000'),
      // 8,900 of 99,900.
      away: exact('0.08908908'),
      breakEven: exact('100000'),
      maxLoss: exact('90'),
      stopLoss: null,
      takeProfit: null,
      riskReward: null,
    })
    expect(request).toEqual({
      asset: 'BTCUSDT',
      side: 'BUY',
      type: 'MARKET',
      leverage: 10,
      qty: '0.01',
    })
  })

  it('opens a short at the bid', () => {
    const { preview, request } = evaluated({ orderType: 'SHORT', leverageText: '3' })
    expect(preview?.entry).toBe(exact('99900'))
    expect(preview?.liquidation).toBe(exact('129870'))
    expect(request?.side).toBe('SELL')
  })

  it('loses at most the loss at its stop-loss', () => {
    const { preview, request } = evaluated({
      stopLoss: price('95000'),
      takeProfit: price('110000'),
    })
    expect(preview?.maxLoss).toBe(exact('50'))
    const level = { index: 0, price: exact('110000'), qty: exact('0.01'), pnl: exact('100') }
    expect(preview?.takeProfit).toEqual({
      levels: [level],
      attached: exact('110000'),
      later: [],
      pnl: exact('100'),
      net: exact('100'),
    })
    expect(preview?.riskReward).toBe(exact('2'))
    expect(request).toMatchObject({ stopLoss: '95000', takeProfit: '110000' })
  })

  it('accepts exits as P&L and as a share of the margin', () => {
    const { request } = evaluated({
      stopLoss: { text: '-25', unit: 'pnl' },
      takeProfit: { text: '50%', unit: 'roe' },
    })
    // 25 USD on 0.01 BTC is 2,500 per coin; half the margin of 100 is 5,000 per coin.
    expect(request).toMatchObject({ stopLoss: '97500', takeProfit: '105000' })
  })

  it.each(['price', 'pnl'] as const)('refuses a per cent sign in an exit as %s', (unit) => {
    const { request, problems } = evaluated({ takeProfit: { text: '5%', unit } })
    expect(problems.takeProfit).toBe('Not a number')
    expect(request).toBeNull()
  })

  it('accepts a size in USD, rounded down to the lot', () => {
    const { preview } = evaluated({ sizeText: '1234.56', sizeUnit: 'usd' })
    expect(preview?.qty).toBe(exact('0.01234'))
  })
})

describe('a problem', () => {
  it.each<[Partial<Draft>, object]>([
    [{ leverageText: '0' }, { leverage: 'Enter a whole number from 1 to 100' }],
    [{ leverageText: '101' }, { leverage: 'Enter a whole number from 1 to 100' }],
    [{ leverageText: '1.5' }, { leverage: 'Enter a whole number from 1 to 100' }],
    [{ sizeText: 'x' }, { size: 'Not a number' }],
    [{ sizeText: '0' }, { size: 'Must be above zero' }],
    [{ sizeText: '-1' }, { size: 'Must be above zero' }],
    [{ sizeText: '0.000000001' }, { size: 'More than 8 decimals' }],
    [{ sizeText: '0.2' }, { size: 'Needs 2,000.00 USD of margin; 1,000.00 USD available' }],
    [{ sizeText: '0.5', sizeUnit: 'usd' }, { size: 'Minimum 1.00 USD' }],
    [{ stopLoss: price('99900') }, { stopLoss: 'Must be below the bid, 99,900.00' }],
    [{ stopLoss: price('91000') }, { stopLoss: 'Must be above the liquidation price, 91,000.00' }],
    [{ takeProfit: price('100000') }, { takeProfit: 'Must be above 100,000.00' }],
    [{ takeProfit: price('abc') }, { takeProfit: 'Not a number' }],
    [
      { orderType: 'SHORT', stopLoss: price('100000'), takeProfit: price('99900') },
      { stopLoss: 'Must be above the ask, 100,000.00', takeProfit: 'Must be below 99,900.00' },
    ],
    [
      { stopLoss: { text: '95', unit: 'pnl' } },
      { stopLoss: 'Must be above the liquidation price, 91,000.00' },
    ],
  ])('%j is shown at its field', (part, expected) => {
    expect(problems(part)).toEqual(expected)
    expect(evaluated(part).request).toBeNull()
  })

  it('includes a spread that would liquidate immediately', () => {
    const wide = { bid: exact('90'), ask: exact('100') }
    const { problems } = evaluate(draft({ leverageText: '10' }), BTC, wide, FREE)
    expect(problems.leverage).toMatch(/spread alone/)
  })

  it('is absent while the form is empty', () => {
    expect(evaluated({ sizeText: '' })).toMatchObject({
      problems: {},
      preview: null,
      request: null,
    })
    expect(evaluate(draft({}), BTC, null, FREE)).toMatchObject({ problems: {}, request: null })
  })
})

describe('the market', () => {
  it.each([
    { maxLeverage: 100, liquidationLossBps: 9_000, leverage: '100', liquidation: '99100' },
    { maxLeverage: 20, liquidationLossBps: 9_000, leverage: '20', liquidation: '95500' },
    { maxLeverage: 20, liquidationLossBps: 5_000, leverage: '20', liquidation: '97500' },
    { maxLeverage: 1, liquidationLossBps: 10_000, leverage: '1', liquidation: '0' },
  ])('limits the leverage and sets the liquidation price: %j', (terms) => {
    const { maxLeverage, liquidationLossBps, leverage, liquidation } = terms
    const info = { ...BTC, maxLeverage, liquidationLossBps }
    const at = (leverageText: string) =>
      evaluate(draft({ leverageText, sizeText: '0.001' }), info, QUOTE, FREE)
    const highest = at(leverage)
    expect(highest.problems).toEqual({})
    expect(highest.liquidation).toBe(exact(liquidation))
    const above = at(String(maxLeverage + 1))
    const problem = `Enter a whole number from 1 to ${maxLeverage}`
    expect(above).toMatchObject({ problems: { leverage: problem }, request: null })
  })

  it('limits the stop-loss by its liquidation loss', () => {
    const info = { ...BTC, liquidationLossBps: 2_000 }
    const at = (stop: string) => evaluate(draft({ stopLoss: price(stop) }), info, QUOTE, FREE)
    expect(at('98000').problems.stopLoss).toBe('Must be above the liquidation price, 98,000.00')
    expect(at('98001').problems).toEqual({})
  })
})

describe('a share of the free margin', () => {
  it('is a size that can be opened, even all of it a little later', () => {
    for (const percent of [25, 50, 75, 100]) {
      const sizeText = sizeForShare(draft({}), percent)
      expect(evaluated({ sizeText }).problems).toEqual({})
      const later = { bid: exact('99999'), ask: exact('100099') }
      expect(evaluate(draft({ sizeText }), BTC, later, FREE).problems).toEqual({})
    }
    expect(sizeForShare(draft({}), 25)).toBe('0.025')
  })

  it('follows the leverage until a size is typed', () => {
    const market = { info: BTC, quote: QUOTE, free: FREE }
    const half = reduce(EMPTY, { type: 'share', percent: 50 }, market)
    expect(half.sizeText).toBe('0.05')
    const more = reduce(half, { type: 'leverage', text: '20' }, market)
    expect(more.sizeText).toBe('0.1')
    const typed = reduce(more, { type: 'size', text: '0.07' }, market)
    expect(reduce(typed, { type: 'leverage', text: '5' }, market).sizeText).toBe('0.07')
  })
})

it('converts a size to the other unit', () => {
  const usd = convertSize(draft({ sizeText: '0.01234' }), BTC, QUOTE.ask, 'usd', whole)
  expect(usd).toBe('1234.00')
  expect(
    convertSize(draft({ sizeText: usd, sizeUnit: 'usd' }), BTC, QUOTE.ask, 'base', whole),
  ).toBe('0.01234')
})

it('clears exit prices when the side changes', () => {
  const market = { info: BTC, quote: QUOTE, free: FREE }
  const long = draft({ stopLoss: price('95000'), takeProfit: { text: '10', unit: 'roe' } })
  const short = reduce(long, { type: 'side', side: 'SHORT' }, market)
  expect(short.stopLoss.text).toBe('')
  expect(short.takeProfit.text).toBe('10')
})

describe('an order that fills later', () => {
  const limit = { kind: 'LIMIT', priceText: '50000' } as const

  it('is previewed at its own price, with the spread as a share of it', () => {
    const { preview, request, words } = evaluated({ ...limit, timeInForce: 'GTX' })
    expect(preview).toMatchObject({
      entry: exact('50000'),
      margin: exact('50'),
      liquidation: exact('45500'),
      isImmediate: false,
      spreadCost: exact('0.5'),
    })
    expect(request).toEqual({
      asset: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      price: '50000',
      timeInForce: 'GTX',
      leverage: 10,
      qty: '0.01',
    })
    expect(words).toBeNull()
  })

  it('takes its exits from its own price, not from that of now', () => {
    expect(evaluated({ ...limit, stopLoss: price('49000') }).problems).toEqual({})
    expect(evaluated({ ...limit, stopLoss: price('99000') }).problems.stopLoss).toBeTruthy()
    expect(evaluated({ ...limit, takeProfit: price('51000') }).problems).toEqual({})
  })

  it('that the market has reached fills at the quote, unless it is post-only', () => {
    const { preview, words } = evaluated({ kind: 'LIMIT', priceText: '100001' })
    expect(preview?.entry).toBe(QUOTE.ask)
    expect(words).toBe('Fills at once at the ask, 100,000.00')
    const postOnly = { kind: 'LIMIT', priceText: '100000', timeInForce: 'GTX' } as const
    expect(problems(postOnly).price).toBe('Would fill at once: the ask, 100,000.00')
    const sell = { ...postOnly, orderType: 'SHORT', priceText: '99900' } as const
    expect(problems(sell).price).toBe('Would fill at once: the bid, 99,900.00')
  })

  it.each([
    ['LONG', '101000', 'STOP_MARKET', 'rises'],
    ['LONG', '99000', 'TAKE_PROFIT_MARKET', 'falls'],
    ['SHORT', '99000', 'STOP_MARKET', 'falls'],
    ['SHORT', '101000', 'TAKE_PROFIT_MARKET', 'rises'],
  ] as const)(
    'is a stop or a take-profit by the side of its trigger: %s %s',
    (side, trigger, type, moves) => {
      const part = { orderType: side, kind: 'STOP_MARKET', triggerText: trigger } as const
      const { request, words } = evaluated(part)
      expect(request).toMatchObject({ type, triggerPrice: trigger })
      expect(words).toContain(moves)
      const limited = evaluated({ ...part, kind: 'STOP', priceText: '100500' }).request
      expect(limited).toMatchObject({ type: type.replace('_MARKET', ''), price: '100500' })
    },
  )

  it.each([
    [{ kind: 'STOP_MARKET', triggerText: '100000' }, 'triggerPrice', 'Is reached already'],
    [{ kind: 'STOP_MARKET', triggerText: '-1' }, 'triggerPrice', 'Must be above zero'],
    [{ kind: 'LIMIT', priceText: '0' }, 'price', 'Must be above zero'],
    [{ kind: 'STOP', triggerText: '101000', priceText: 'x' }, 'price', 'Not a number'],
    [{ kind: 'TRAILING_STOP_MARKET', callbackText: '0.05' }, 'callbackBps', 'Enter 0.1 to 10 %'],
    [{ kind: 'TRAILING_STOP_MARKET', callbackText: '1.005' }, 'callbackBps', 'Enter 0.1 to 10 %'],
    [{ kind: 'TRAILING_STOP_MARKET', callbackText: '11' }, 'callbackBps', 'Enter 0.1 to 10 %'],
  ] as const)('says what is wrong with %o', (part, field, problem) => {
    const { problems, request } = evaluated(part)
    expect(problems[field]).toContain(problem)
    expect(request).toBeNull()
  })

  it('trails by a callback, from now or from a price', () => {
    const trailing = { kind: 'TRAILING_STOP_MARKET', callbackText: '0.25' } as const
    expect(evaluated(trailing).request).toMatchObject({
      type: 'TRAILING_STOP_MARKET',
      callbackBps: 25,
    })
    expect(evaluated({ ...trailing, triggerText: '98000' }).preview?.entry).toBe(exact('98000'))
  })
})

describe('an account whose orders are netted', () => {
  const netted = (part: Partial<Draft>, mode: 'one_way' | 'hedge') =>
    evaluate(draft(part), BTC, QUOTE, FREE, null, mode).request

  it('sends no leverage, and in hedge mode the side of the position', () => {
    expect(netted({}, 'one_way')).toEqual({
      asset: 'BTCUSDT',
      side: 'BUY',
      type: 'MARKET',
      qty: '0.01',
    })
    expect(netted({ orderType: 'SHORT' }, 'hedge')).toMatchObject({
      side: 'SELL',
      positionSide: 'SHORT',
    })
  })

  it('reduces the other side, whatever its margin would be', () => {
    const reducing = { isReduceOnly: true, sizeText: '1000', leverageText: 'x' }
    expect(netted(reducing, 'one_way')).toMatchObject({ qty: '1000', reduceOnly: true })
    expect(netted({ ...reducing, orderType: 'SHORT' }, 'hedge')).toMatchObject({
      side: 'SELL',
      positionSide: 'LONG',
    })
    expect(netted({ ...reducing, sizeText: '-1' }, 'one_way')).toBeNull()
    expect(evaluated(reducing).request, 'each position has orders of its own').toBeNull()
  })
})
