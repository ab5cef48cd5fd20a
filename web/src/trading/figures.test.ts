import { describe, expect, it } from 'vitest'
import { exact } from '@/decimal'
import { assetInfo, setMarkets } from '@/markets'
import { costly, market, openPosition } from '@/testkit'
import { breakEven, marginRatio } from '@/trading/figures'

const at = (price: string) => ({ bid: exact(price), ask: exact(price) })
const LONG = openPosition('BTCUSDT')
const SHORT = openPosition('BTCUSDT', { orderType: 'SHORT', liquidationPrice: exact('109000') })

describe('break-even', () => {
  const rows = [
    ['without costs it is the entry', LONG, 0, '100000'],
    // 0.01 × 0.9995 × price = 1000.5 + 0.5.
    ['fees are made up for', { ...LONG, commission: exact('0.5') }, 500, '100100.05002502'],
    ['fundings received count', { ...LONG, funding: exact('1') }, 0, '99900'],
    ['of a short it is below', { ...SHORT, commission: exact('0.5') }, 500, '99900.04997501'],
    ['never below zero', { ...SHORT, commission: exact('2000') }, 0, '0'],
  ] as const
  it.each(rows)('%s', (_, position, feePpm, price) => {
    expect(breakEven(position, feePpm)).toBe(exact(price))
  })
})

describe('margin ratio', () => {
  it('is one at the liquidation price', () => {
    setMarkets([market('BTCUSDT')])
    const info = assetInfo('BTCUSDT')
    expect(marginRatio(LONG, at('91000'), info)).toBe(exact('1'))
    expect(marginRatio(SHORT, at('109000'), info)).toBe(exact('1'))
    expect(marginRatio(LONG, at('100000'), info)).toBe(exact('0.1'))
    expect(marginRatio(LONG, at('110000'), info)).toBe(exact('0.05'))
    expect(marginRatio(LONG, at('90000'), info)).toBeNull()
  })

  it('goes by the brackets of the value, where the market does', () => {
    setMarkets([costly('BTCUSDT')])
    // 0.4 % of 1,000, of a margin of 100.
    expect(marginRatio(LONG, at('100000'), assetInfo('BTCUSDT'))).toBe(exact('0.04'))
    const large = openPosition('BTCUSDT', { qty: exact('1'), margin: exact('10000') })
    // 0.5 % of 100,000 less 50.
    expect(marginRatio(large, at('100000'), assetInfo('BTCUSDT'))).toBe(exact('0.045'))
  })
})
