/** The order form in a market that costs more than its spread. */

import { describe, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { EMPTY } from '@/features/ticket/draft'
import { type Draft, entryOf, evaluate } from '@/features/ticket/evaluate'
import { textForShare } from '@/features/ticket/size'
import type { Mark } from '@/live/frames'
import { assetInfo, setMarkets } from '@/markets'
import { costly } from '@/testkit'

setMarkets([costly('BTCUSDT'), costly('ETHUSDT', { triggerPrice: 'MARK' })])
const QUOTE = { bid: exact('99900'), ask: exact('100000') }
const FREE = exact('100000')

const markAt = (price: string, rate = '0.0001'): Mark => ({
  price: exact(price),
  fundingRate: exact(rate),
  nextFundingTime: 1,
  timestamp: 1,
})
const draft = (part: Partial<Draft>): Draft => ({ ...EMPTY, sizeText: '0.01', ...part })
const price = (text: string) => ({ text, unit: 'price' }) as const
const evaluated = (
  part: Partial<Draft>,
  { free = FREE, mark = markAt('99950'), asset = 'BTCUSDT' } = {},
) => evaluate(draft(part), assetInfo(asset), QUOTE, free, mark)

describe('the preview', () => {
  it('has the fee, the next funding and the liquidation price of the size', () => {
    const { preview, problems } = evaluated({})
    expect(problems).toEqual({})
    expect(preview).toMatchObject({
      margin: exact('100'),
      fee: exact('0.5'),
      // 0.01 × 99,950 × 0.01 %
      funding: exact('-0.09995'),
      // (1,000 − 100) / (0.01 × 0.996), rounded up
      liquidation: exact('90361.44578314'),
      // The fees of the liquidation take the rest of the margin; the fee to open is beside it.
      maxLoss: exact('100.5'),
    })
    // (100,000 − 10,000 − 50) / 0.995: the second bracket is the worse one.
    expect(evaluated({ sizeText: '1' }).liquidation).toBe(exact('90402.01005026'))
  })

  it('adds the fees to the loss at a stop-loss', () => {
    // 50 of P&L, 0.475 to close, 0.5 to open.
    expect(evaluated({ stopLoss: price('95000') }).preview?.maxLoss).toBe(exact('50.975'))
  })

  it('has the funding that a short receives, at no more than the cap', () => {
    const short = (rate: string) =>
      evaluated({ orderType: 'SHORT' }, { mark: markAt('100000', rate) }).preview?.funding
    expect(short('0.0001')).toBe(exact('0.1'))
    expect(short('-0.0001')).toBe(exact('-0.1'))
    expect(short('0.01')).toBe(exact('3'))
  })

  it('needs a size for its liquidation price, and a mark price for its funding', () => {
    expect(evaluated({ sizeText: '' })).toMatchObject({ liquidation: null, problems: {} })
    const unknown = evaluate(draft({}), assetInfo('BTCUSDT'), QUOTE, FREE)
    expect(unknown.preview?.funding).toBeNull()
    expect(unknown.request).not.toBeNull()
  })
})

describe('a problem', () => {
  it('counts the fee to the margin', () => {
    const at = (free: string) => evaluated({}, { free: exact(free) }).problems
    expect(at('100.5')).toEqual({})
    const size = 'Needs 100.50 USD of margin and fee; 100.49 USD available'
    expect(at('100.49')).toEqual({ size })
  })

  it('is a leverage that the value does not allow', () => {
    const at = (sizeText: string, leverageText: string) => evaluated({ sizeText, leverageText })
    expect(at('0.5', '100')).toMatchObject({ problems: {}, maxLeverage: 100 })
    const above = at('0.50001', '51')
    expect(above).toMatchObject({ maxLeverage: 50, request: null })
    expect(above.problems.leverage).toBe('At this size at most 50×')
    expect(at('0.50001', '50').problems).toEqual({})
    expect(at('7', '10').problems.size).toBe('Too large: at most 600,000.00 USD')
  })

  it('is a mark price that would liquidate at once', () => {
    // (1,000 − 10) / (0.01 × 0.996) = 99,397.59…
    const at = (mark: string) => evaluated({ leverageText: '100' }, { mark: markAt(mark) }).problems
    expect(at('99398')).toEqual({})
    expect(at('99397').leverage).toMatch(/^The mark price would liquidate/)
  })

  it('goes by the mark price where it reaches the exits', () => {
    const at = (part: Partial<Draft>) =>
      evaluated(part, { asset: 'ETHUSDT', mark: markAt('98000') }).problems
    expect(at({ stopLoss: price('97999') })).toEqual({})
    expect(at({ stopLoss: price('98000') }).stopLoss).toBe(
      'Must be below the mark price, 98,000.00',
    )
    expect(at({ takeProfit: price('98001') })).toEqual({})
    expect(at({ takeProfit: price('98000') }).takeProfit).toBe('Must be above 98,000.00')
  })
})

it('leaves the fee in the free margin when all of it is used', () => {
  const info = assetInfo('BTCUSDT')
  const whole = { free: exact('1000'), reduces: null }
  const sizeText = textForShare(draft({}), info, entryOf(draft({}), info, QUOTE), whole, 100)
  expect(evaluated({ sizeText }, { free: exact('1000') }).problems).toEqual({})
  // 999 / (1/10 + 0.05 %) is 9,940.29…
  expect(sizeText).toBe('0.0994')
})
