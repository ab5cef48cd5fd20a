import { describe, expect, it } from 'vitest'
import { CHART_DEFAULTS, restoredChart } from '@/features/chart/chart-settings'
import { indicatorName, newIndicator } from '@/features/chart/indicator-specs'

const names = (saved: Record<string, unknown>) =>
  restoredChart(saved).indicators.map((spec) => `${indicatorName(spec)} ${spec.colours[0]}`)

describe('what an earlier version saved', () => {
  it('becomes indicators of the same periods and colours, and the volume', () => {
    expect(names({ timeframe: '5m', indicators: ['ma7', 'ma25', 'ma99', 'vwap'] })).toEqual([
      'Vol #26a17b',
      'SMA 7 #d9a520',
      'SMA 25 #9d6bff',
      'SMA 99 #3f9df5',
      'VWAP day #e0569b',
    ])
    expect(names({ indicators: [] })).toEqual(['Vol #26a17b'])
    expect(names({ indicators: ['unknown'] })).toEqual(['Vol #26a17b'])
  })

  it('keeps the other settings', () => {
    const earlier = {
      timeframe: '4h',
      isLog: true,
      showQuote: false,
      barSpacing: 3,
      indicators: [],
    }
    expect(restoredChart(earlier)).toMatchObject({
      version: 2,
      timeframe: '4h',
      isLog: true,
      showQuote: false,
      barSpacing: 3,
      chartType: 'candles',
    })
  })
})

it('restores what this version saved, also without any indicator', () => {
  const rsi = { ...newIndicator('rsi', []), params: [7], isHidden: true }
  const saved = { ...CHART_DEFAULTS, indicators: [rsi], chartType: 'heikinAshi' as const }
  expect(restoredChart(saved)).toEqual(saved)
  expect(restoredChart({ ...saved, indicators: [] }).indicators).toEqual([])
})

it.each([
  { timeframe: '2m' },
  { chartType: 'kagi' },
  { indicators: null },
  { favourites: '1m' },
  { paneHeights: null },
])('begins anew with what it does not know: %o', (part) => {
  expect(restoredChart({ ...CHART_DEFAULTS, ...part })).toEqual(CHART_DEFAULTS)
})

it('leaves out indicators that it can not draw', () => {
  const rsi = newIndicator('rsi', [])
  const broken = [
    { ...rsi, params: [0] },
    { ...rsi, params: [1.5] },
    { ...rsi, params: [] },
    { ...rsi, kind: 'zigzag' },
    { ...rsi, colours: ['red'] },
    { ...rsi, source: 'middle' },
    'ma7',
    null,
  ]
  expect(restoredChart({ ...CHART_DEFAULTS, indicators: [...broken, rsi] }).indicators).toEqual([
    rsi,
  ])
})

it('tells several indicators of a kind apart', () => {
  const first = newIndicator('sma', [])
  const second = newIndicator('sma', [first])
  expect(second.id).not.toBe(first.id)
  expect(second.colours).not.toEqual(first.colours)
})
