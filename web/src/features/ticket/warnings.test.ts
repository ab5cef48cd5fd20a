import { describe, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { EMPTY } from '@/features/ticket/draft'
import { type Draft, evaluate, type Mode } from '@/features/ticket/evaluate'
import { assetInfo, setMarkets } from '@/markets'
import { costly, market, openPosition } from '@/testkit'
import type { Position } from '@/trading/account'

setMarkets([market('BTCUSDT'), costly('ETHUSDT')])
const QUOTE = { bid: exact('99900'), ask: exact('100000') }
const NARROW = { bid: exact('99999'), ask: exact('100000') }
const FREE = exact('100000')
const clock = { now: 0, zone: 'utc' } as const

type Case = { mode?: Mode; held?: Position | null; quote?: typeof QUOTE; asset?: string }

const evaluated = (part: Partial<Draft>, more: Case = {}) => {
  const { mode = 'separate', held = null, quote = QUOTE, asset = 'BTCUSDT' } = more
  const draft = { ...EMPTY, sizeText: '0.01', ...part }
  return evaluate(draft, assetInfo(asset), quote, FREE, null, mode, { held, clock })
}
const words = (part: Partial<Draft>, more: Case = {}) =>
  evaluated(part, more).warnings.map(({ text }) => text)
const ids = (part: Partial<Draft>, more: Case = {}) =>
  evaluated(part, more).warnings.map(({ id }) => id)
const price = (text: string) => ({ text, unit: 'price' }) as const

describe('an order that opens', () => {
  it.each<[string, Partial<Draft>, Case, string[]]>([
    // A spread of 1 on a margin of 100.
    ['costs little', {}, {}, []],
    ['costs 2 % of the margin', { leverageText: '20' }, {}, []],
    [
      'costs more than 2 % of the margin',
      { leverageText: '21' },
      {},
      ['Spread and fees to open and close cost 1.00 USD, 2.10% of the margin.'],
    ],
    ['costs 1.99 % with fees', {}, { asset: 'ETHUSDT' }, []],
    [
      'costs more than 2 % with fees',
      { leverageText: '11' },
      { asset: 'ETHUSDT' },
      ['Spread and fees to open and close cost 2.00 USD, 2.20% of the margin.'],
    ],
    ['is liquidated 1 % away', { leverageText: '89' }, { quote: NARROW }, []],
    [
      'is liquidated less than 1 % away',
      { leverageText: '91' },
      { quote: NARROW },
      ['The liquidation price, 99,010.99, is only 0.99% away.'],
    ],
    ['has a limit 5 % beyond', { kind: 'LIMIT', priceText: '105000' }, {}, []],
    [
      'has a limit more than 5 % beyond',
      { kind: 'LIMIT', priceText: '105001' },
      {},
      ['The limit price is 5.00% above the ask, 100,000.00.'],
    ],
    [
      'sells far below',
      { orderType: 'SHORT', kind: 'LIMIT', priceText: '9990' },
      {},
      ['The limit price is 90.00% below the bid, 99,900.00.'],
    ],
    [
      'leaves a part without a stop-loss',
      { stopLoss: { ...price('99000'), share: '50', more: [{ text: '98000', share: '25' }] } },
      {},
      ['The stop-losses leave 0.00250 BTC without one.'],
    ],
    [
      'wins less than the fees',
      { takeProfit: price('100050') },
      { asset: 'ETHUSDT', quote: NARROW },
      ['With all fees, the take-profit results in -0.51 USD.'],
    ],
  ])('%s', (_, part, more, expected) => {
    expect(words(part, more)).toEqual(expected)
  })

  it('is sent all the same', () => {
    const { warnings, request } = evaluated({ leverageText: '50' })
    expect(warnings).toHaveLength(1)
    expect(request).not.toBeNull()
  })
})

describe('an order that meets a position', () => {
  const held = openPosition('BTCUSDT', { stopLoss: exact('95000'), takeProfit: exact('110000') })
  const mode = 'one_way'

  it.each<[string, Partial<Draft>, string[]]>([
    ['adds to it', {}, []],
    [
      'replaces its exits',
      { stopLoss: price('96000'), takeProfit: price('105000') },
      ['Replaces take-profit and stop-loss of the open position.'],
    ],
    [
      'replaces one',
      { stopLoss: price('96000') },
      ['Replaces the stop-loss of the open position.'],
    ],
    [
      'has another leverage',
      { leverageText: '5' },
      ['Sets the leverage of the open position from 10× to 5×, too.'],
    ],
    [
      'reduces it',
      { orderType: 'SHORT', sizeText: '0.004' },
      ['Reduces the open long of 0.01000 BTC.'],
    ],
    [
      'turns it',
      { orderType: 'SHORT', sizeText: '0.03' },
      ['Closes the long of 0.01000 and opens a short of 0.02000.'],
    ],
    [
      'triggers after its liquidation',
      { orderType: 'SHORT', isReduceOnly: true, kind: 'STOP_MARKET', triggerText: '91000' },
      ['The position would be liquidated at 91,000.00, before the trigger, 91,000.00.'],
    ],
    [
      'triggers before its liquidation',
      { orderType: 'SHORT', isReduceOnly: true, kind: 'STOP_MARKET', triggerText: '91001' },
      [],
    ],
  ])('%s', (_, part, expected) => {
    expect(words(part, { mode, held })).toEqual(expected)
  })

  it('says when there is nothing to reduce', () => {
    const reducing = { isReduceOnly: true } as const
    expect(ids(reducing, { mode })).toEqual(['nothing'])
    expect(ids(reducing, { mode, held })).toEqual(['nothing'])
    expect(ids({ ...reducing, orderType: 'SHORT' }, { mode, held })).toEqual([])
  })

  it('is liquidated as the whole position', () => {
    // 0.01 at 90,000 with 90 of margin and 0.01 at 100,000 with 100: 95,000 − 90 % of 190 / 0.02.
    const cheap = { ...held, executionPrice: exact('90000'), margin: exact('90') }
    expect(evaluated({}, { mode, held: cheap }).liquidation).toBe(exact('86450'))
    // With 5×, what is open has twice its margin.
    const half = evaluated({ leverageText: '5' }, { mode, held: cheap })
    expect(half.liquidation).toBe(exact('77900'))
  })

  it('needs margin only for what it opens', () => {
    const turned = evaluated({ orderType: 'SHORT', sizeText: '0.03' }, { mode, held })
    expect(turned.preview?.qty).toBe(exact('0.02'))
    expect(turned.request).toMatchObject({ side: 'SELL', qty: '0.03' })
    const reduced = evaluated({ orderType: 'SHORT', sizeText: '0.01' }, { mode, held })
    expect(reduced.preview).toBeNull()
    expect(reduced.request).toEqual({ asset: 'BTCUSDT', side: 'SELL', type: 'MARKET', qty: '0.01' })
  })
})

describe('a share', () => {
  it('of the free margin follows leverage and price', () => {
    const share = { sizeUnit: 'share', sizeText: '25' } as const
    expect(evaluated(share).request?.qty).toBe('2.5')
    expect(evaluated({ ...share, leverageText: '20' }).request?.qty).toBe('5')
    expect(evaluated({ ...share, sizeText: '101' }).problems.size).toContain('at most 100 %')
    expect(evaluated({ ...share, sizeText: '0' }).problems.size).toContain('more than 0')
  })

  it('of the position that is reduced', () => {
    const held = openPosition('BTCUSDT', { qty: exact('0.01235') })
    const part = { orderType: 'SHORT', isReduceOnly: true, sizeUnit: 'share' } as const
    const at = (sizeText: string) =>
      evaluated({ ...part, sizeText }, { mode: 'one_way', held }).request?.qty
    expect([at('50'), at('100')]).toEqual(['0.00617', '0.01235'])
  })
})
