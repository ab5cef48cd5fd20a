import { describe, expect, it } from 'vitest'
import type { Bar } from '@/features/chart/bars'
import {
  type IndicatorKind,
  type IndicatorSpec,
  newIndicator,
} from '@/features/chart/indicator-specs'
import { calculate, type Value } from '@/features/chart/indicators'

const flat = (close: number, index: number): Bar => ({
  time: index * 60,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
})

const spec = (kind: IndicatorKind, ...params: number[]): IndicatorSpec => ({
  ...newIndicator(kind, []),
  params,
})

const line = (kind: IndicatorSpec, bars: readonly Bar[], index = 0): Value[] =>
  calculate(kind, bars).map(({ values }) => values[index] ?? null)

const rounded = (values: readonly Value[], digits: number) =>
  values.filter((value) => value !== null).map((value) => Number(value.toFixed(digits)))

/** Intel's closes of 24 March to 4 May 2010: StockCharts, ChartSchool, "Moving Averages". */
const INTEL = [
  22.2734, 22.194, 22.0847, 22.1741, 22.184, 22.1344, 22.2337, 22.4323, 22.2436, 22.2933, 22.1542,
  22.3926, 22.3816, 22.6109, 23.3558, 24.0519, 23.753, 23.8324, 23.9516, 23.6338, 23.8225, 23.8722,
  23.6537, 23.187, 23.0976, 23.326, 22.6805, 23.0976, 22.4025, 22.1725,
].map(flat)

/** QQQQ's closes: StockCharts, ChartSchool, "Relative Strength Index". */
const QQQQ = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
  46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521,
  45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
].map(flat)

/** High, low and close of QQQQ: StockCharts, ChartSchool, "Average True Range". */
const RANGES: Bar[] = [
  [48.7, 47.79, 48.16],
  [48.72, 48.14, 48.61],
  [48.9, 48.39, 48.75],
  [48.87, 48.37, 48.63],
  [48.82, 48.24, 48.74],
  [49.05, 48.64, 49.03],
  [49.2, 48.94, 49.07],
  [49.35, 48.86, 49.32],
  [49.92, 49.5, 49.91],
  [50.19, 49.87, 50.13],
  [50.12, 49.2, 49.53],
  [49.66, 48.9, 49.5],
  [49.88, 49.43, 49.75],
  [50.19, 49.73, 50.03],
  [50.36, 49.26, 50.31],
  [50.57, 50.09, 50.52],
  [50.65, 50.3, 50.41],
  [50.43, 49.21, 49.34],
  [49.63, 48.98, 49.37],
  [50.33, 49.61, 50.23],
].map(([high = 0, low = 0, close = 0], index) => ({ ...flat(close, index), high, low }))

/** Prices of a pseudo-random walk with ranges and volumes. */
const WALK: Bar[] = []
for (let index = 0, seed = 7, close = 100; index < 300; index += 1) {
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const open = close
  close = open + random() * 4 - 2
  const [high, low] = [Math.max(open, close) + random(), Math.min(open, close) - random()]
  WALK.push({ time: index * 3_600, open, high, low, close, volume: 1 + random() * 9 })
}

describe('published values', () => {
  it('SMA 10', () => {
    expect(rounded(line(spec('sma', 10), INTEL), 2)).toEqual([
      22.22, 22.21, 22.23, 22.26, 22.31, 22.42, 22.61, 22.77, 22.91, 23.08, 23.21, 23.38, 23.53,
      23.65, 23.71, 23.69, 23.61, 23.51, 23.43, 23.28, 23.13,
    ])
  })

  it('EMA 10', () => {
    expect(rounded(line(spec('ema', 10), INTEL), 2)).toEqual([
      22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.8, 22.97, 23.13, 23.28, 23.34, 23.43, 23.51,
      23.54, 23.47, 23.4, 23.39, 23.26, 23.23, 23.08, 22.92,
    ])
  })

  it('RSI 14', () => {
    expect(rounded(line(spec('rsi', 14), QQQQ), 2)).toEqual([
      70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99,
      41.46, 41.87, 45.46, 37.3, 33.08, 37.77,
    ])
  })

  it('ATR 14', () => {
    const published = [0.56, 0.59, 0.59, 0.57, 0.62, 0.62, 0.64]
    const values = line(spec('atr', 14), RANGES).slice(13)
    expect(values).toHaveLength(published.length)
    // The published prices are rounded to cents, but not those from which they were calculated.
    for (const [index, value] of published.entries()) {
      expect(Math.abs((values[index] ?? 0) - value)).toBeLessThan(0.006)
    }
  })
})

/** The exponential average written out: the sum of all prices, weighted. */
function naiveEma(prices: readonly number[], period: number): Value[] {
  const k = 2 / (period + 1)
  return prices.map((_, index) => {
    if (index < period - 1) return null
    const first = prices.slice(0, period).reduce((sum, each) => sum + each, 0) / period
    const later = prices.slice(period, index + 1)
    const weighted = later.map((each, at) => each * k * (1 - k) ** (later.length - 1 - at))
    return first * (1 - k) ** later.length + weighted.reduce((sum, each) => sum + each, 0)
  })
}

const expectClose = (values: readonly Value[], expected: readonly Value[]) => {
  expect(values).toHaveLength(expected.length)
  for (const [index, value] of values.entries()) {
    const other = expected[index] ?? null
    if (other === null) expect(value, `bar ${index}`).toBeNull()
    else expect(value, `bar ${index}`).toBeCloseTo(other, 8)
  }
}

describe('a second, naive implementation', () => {
  const closes = WALK.map(({ close }) => close)

  it('agrees on EMA', () => {
    expectClose(line(spec('ema', 21), WALK), naiveEma(closes, 21))
  })

  it('agrees on MACD, its signal and its histogram', () => {
    const [fast, slow] = [naiveEma(closes, 12), naiveEma(closes, 26)]
    const macd = slow.map((each, index) => (each === null ? null : (fast[index] ?? 0) - each))
    const known = macd.filter((each) => each !== null)
    const signal = [...Array<Value>(25).fill(null), ...naiveEma(known, 9)]
    const studied = spec('macd', 12, 26, 9)
    expectClose(line(studied, WALK, 0), macd)
    expectClose(line(studied, WALK, 1), signal)
    const histogram = signal.map((each, index) =>
      each === null ? null : (macd[index] ?? 0) - each,
    )
    expectClose(line(studied, WALK, 2), histogram)
  })

  it('agrees on Bollinger bands', () => {
    const bands = closes.map((_, index) => {
      if (index < 19) return null
      const window = closes.slice(index - 19, index + 1)
      const mean = window.reduce((sum, each) => sum + each, 0) / 20
      const squares = window.reduce((sum, each) => sum + each * each, 0) / 20
      return { mean, deviation: Math.sqrt(squares - mean * mean) }
    })
    const studied = spec('bollinger', 20, 2)
    expectClose(
      line(studied, WALK, 0),
      bands.map((each) => each?.mean ?? null),
    )
    for (const [index, sign] of [
      [1, 2],
      [2, -2],
    ] as const) {
      const expected = bands.map((each) => (each ? each.mean + sign * each.deviation : null))
      for (const [at, value] of line(studied, WALK, index).entries()) {
        const other = expected[at] ?? null
        if (other === null) expect(value).toBeNull()
        else expect(value).toBeCloseTo(other, 5)
      }
    }
  })

  it.each(['day', 'week', 'month'] as const)('agrees on VWAP from each %s', (anchor) => {
    const name = (time: number) => {
      const date = new Date(time * 1_000)
      if (anchor === 'month') return date.toISOString().slice(0, 7)
      const back = anchor === 'week' ? (date.getUTCDay() + 6) % 7 : 0
      return new Date(time * 1_000 - back * 86_400_000).toISOString().slice(0, 10)
    }
    const expected = WALK.map(({ time }, index) => {
      const span = WALK.slice(0, index + 1).filter((bar) => name(bar.time) === name(time))
      const volume = span.reduce((sum, bar) => sum + bar.volume, 0)
      const paid = span.reduce(
        (sum, { high, low, close, volume }) => sum + ((high + low + close) / 3) * volume,
        0,
      )
      return paid / volume
    })
    expectClose(line({ ...newIndicator('vwap', []), anchor }, WALK), expected)
  })
})

it.each<IndicatorSpec>([
  spec('sma', 20),
  spec('ema', 21),
  spec('bollinger', 20, 2),
  newIndicator('vwap', []),
  newIndicator('volume', []),
  spec('rsi', 14),
  spec('macd', 12, 26, 9),
  spec('atr', 14),
])('$kind is the same step by step, however often the last bar changes', (studied) => {
  let memos = calculate(studied, WALK.slice(0, 40))
  for (let length = 41; length <= 120; length += 1) {
    const bars = WALK.slice(0, length)
    const last = bars.at(-1) ?? flat(1, 0)
    const early = [...bars.slice(0, -1), { ...last, close: last.open, volume: 1 }]
    memos = calculate(studied, early, memos, length - 1)
    memos = calculate(studied, bars, memos, length - 1)
  }
  expect(memos).toEqual(calculate(studied, WALK.slice(0, 120)))
})

it('calculates from the chosen price', () => {
  const bars = [1, 2].map((low, index) => ({ ...flat(5, index), low, high: 9 }))
  expect(line({ ...spec('sma', 2), source: 'low' }, bars)).toEqual([null, 1.5])
  expect(line({ ...spec('sma', 2), source: 'hl2' }, bars)).toEqual([null, 5.25])
})

it('shows a price without volume as it is, and a rise without a loss as 100', () => {
  const bars = [1, 2, 3].map((close, index) => ({ ...flat(close, index), volume: 0 }))
  expect(line(newIndicator('vwap', []), bars)).toEqual([1, 2, 3])
  expect(line(spec('rsi', 2), bars)).toEqual([null, null, 100])
})
