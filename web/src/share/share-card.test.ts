import { beforeEach, expect, it } from 'vitest'
import type { ClosedPositionResult } from '@/api/schema'
import { setMarkets } from '@/markets'
import { cardFile, cardTexts } from '@/share/share-card'
import { market } from '@/testkit'

beforeEach(() => setMarkets([market('BTCUSDT')]))

const position = (part: Partial<ClosedPositionResult> = {}) =>
  ({
    positionId: 'p',
    asset: 'BTCUSDT',
    orderType: 'SHORT',
    leverage: 20,
    executionPriceInt: '9233144265000',
    closePriceInt: '9212241575000',
    netPnLInt: '1234567000',
    returnOnMarginInt: '25550000',
    heldMs: 7_384_000,
    closedAt: Date.UTC(2026, 10, 30, 15),
    ...part,
  }) as ClosedPositionResult

it('shows the figures of the server', () => {
  const texts = cardTexts(position(), true)
  expect(texts).toMatchObject({
    market: 'BTC/USDT',
    side: 'Short 20×',
    tone: 'up',
    headline: '+25.55%',
    pnl: '+12.34 USD',
  })
  expect(texts.facts.map(({ value }) => value)).toEqual([
    '92,331.44',
    '92,122.42',
    '2h 3m',
    '2026-11-30',
  ])
  expect(texts.summary).toContain('BTC/USDT Short 20×: +25.55%, +12.34 USD. Entry price 92,331.44')
  expect(texts.summary).toContain('virtual money')
})

it('hides the amount, also from those who hear the picture', () => {
  const texts = cardTexts(position(), false)
  expect(texts.pnl).toBeNull()
  expect(texts.summary).not.toContain('12.34')
})

it('shows a loss, and a position without margin', () => {
  const lost = position({ netPnLInt: '-500000000', returnOnMarginInt: '-5000' })
  expect(cardTexts(lost, true)).toMatchObject({ tone: 'down', headline: '-0.01%' })
  const free = cardTexts(position({ returnOnMarginInt: null }), false)
  expect(free).toMatchObject({ headline: '+12.34 USD', headlineLabel: 'Net P&L', pnl: null })
})

it('names its file after the position', () => {
  expect(cardFile(position())).toBe('velox-btcusdt-short-2026-11-30.png')
})
