import { describe, expect, it } from 'vitest'
import type { Bar } from '@/features/chart/bars'
import {
  distanceTo,
  distanceToLine,
  hitAt,
  indexOfTime,
  magnetPrice,
  type Place,
  placedInMiddle,
  rayEnd,
  shapeOf,
  timeOfIndex,
} from '@/features/chart/drawing-geometry'
import type { DrawingPoint, Tool } from '@/features/chart/drawings'

/** A screen of 100 × 100 on which times are widths and prices heights from the bottom. */
const PLACE: Place = {
  x: (time) => time,
  y: (price) => 100 - price,
  width: 100,
  height: 100,
  formatPrice: (price) => price.toFixed(1),
}

const point = (time: number, price: number): DrawingPoint => ({ time, price })
const shape = (tool: Tool, ...points: DrawingPoint[]) =>
  shapeOf({ tool, points, text: 'Hello' }, PLACE)

const bars = (...times: number[]): Bar[] =>
  times.map((time) => ({ time, open: 1, high: 4, low: 0, close: 3, volume: 1 }))

it.each([
  // Beside the middle, before the beginning, after the end, on a line without length.
  [{ x: 5, y: 3 }, 3],
  [{ x: -3, y: 4 }, 5],
  [{ x: 14, y: -3 }, 5],
])('measures the distance of %o from a line', (at, distance) => {
  expect(distanceToLine(at, { x: 0, y: 0 }, { x: 10, y: 0 })).toBeCloseTo(distance)
})

it('measures the distance from a line without length', () => {
  expect(distanceToLine({ x: 3, y: 4 }, { x: 0, y: 0 }, { x: 0, y: 0 })).toBe(5)
})

it.each([
  // To the right edge, the top, the left, straight down; from outside, never short of the point.
  [
    { x: 0, y: 50 },
    { x: 10, y: 50 },
    { x: 100, y: 50 },
  ],
  [
    { x: 0, y: 50 },
    { x: 10, y: 30 },
    { x: 25, y: 0 },
  ],
  [
    { x: 50, y: 50 },
    { x: 40, y: 50 },
    { x: 0, y: 50 },
  ],
  [
    { x: 50, y: 10 },
    { x: 50, y: 20 },
    { x: 50, y: 100 },
  ],
  [
    { x: 90, y: 50 },
    { x: 120, y: 50 },
    { x: 120, y: 50 },
  ],
  [
    { x: 5, y: 5 },
    { x: 5, y: 5 },
    { x: 5, y: 5 },
  ],
])('ends a ray from %o through %o', (a, b, end) => {
  const { x, y } = rayEnd(a, b, PLACE)
  expect(x).toBeCloseTo(end.x)
  expect(y).toBeCloseTo(end.y)
})

describe('shapes', () => {
  it('of a retracement are at the prices between its points', () => {
    const { lines, labels } = shape('fibonacci', point(10, 100), point(60, 0))
    expect(labels.map(({ text }) => text)).toEqual([
      '0 (0.0)',
      '0.236 (23.6)',
      '0.382 (38.2)',
      '0.5 (50.0)',
      '0.618 (61.8)',
      '0.786 (78.6)',
      '1 (100.0)',
    ])
    expect(lines[5]?.map(({ x }) => x)).toEqual([10, 60])
    expect(lines[5]?.[0].y).toBeCloseTo(38.2)
  })

  it('are hit where they are painted', () => {
    const trend = shape('trendLine', point(0, 0), point(100, 100))
    expect(distanceTo(trend, { x: 50, y: 50 })).toBeCloseTo(0)
    const level = shape('horizontalLine', point(50, 30))
    expect(distanceTo(level, { x: 3, y: 72 })).toBe(2)
    const box = shape('rectangle', point(20, 20), point(80, 80))
    expect(distanceTo(box, { x: 80, y: 50 })).toBe(0)
    // Not inside, where the candles are.
    expect(distanceTo(box, { x: 50, y: 50 })).toBe(30)
    const text = shape('text', point(10, 50))
    expect(distanceTo(text, { x: 30, y: 55 })).toBe(0)
    expect(distanceTo(text, { x: 60, y: 50 })).toBe(Infinity)
  })

  it('are hit topmost first, and the points of the selected one before all', () => {
    const shapes = [
      { id: 'low', shape: shape('trendLine', point(0, 0), point(100, 100)) },
      { id: 'top', shape: shape('trendLine', point(0, 100), point(100, 0)) },
    ]
    expect(hitAt(shapes, null, { x: 50, y: 50 }, 5)).toEqual({ id: 'top', handle: null })
    expect(hitAt(shapes, 'low', { x: 99, y: 1 }, 5)).toEqual({ id: 'low', handle: 1 })
    expect(hitAt(shapes, null, { x: 99, y: 1 }, 5)).toEqual({ id: 'low', handle: null })
    expect(hitAt(shapes, null, { x: 50, y: 20 }, 5)).toBeNull()
  })
})

describe('times', () => {
  it.each([
    [60, 0],
    [90, 0.5],
    [180, 2],
    // In the gap between 180 and 360, by its share.
    [270, 2.5],
    [360, 3],
    // Beyond the ends, by whole candles.
    [480, 5],
    [0, -1],
  ])('%i s is at index %f', (time, index) => {
    expect(indexOfTime(bars(60, 120, 180, 360), 60, time)).toBeCloseTo(index)
  })

  it('are those of indices', () => {
    const list = bars(60, 120, 180, 360)
    for (const index of [-3, 0, 2, 3, 7]) {
      expect(indexOfTime(list, 60, timeOfIndex(list, 60, index))).toBeCloseTo(index)
    }
  })

  it('stay within their candle in another timeframe', () => {
    const hours = bars(0, 3_600, 7_200)
    expect(indexOfTime(hours, 3_600, 3_600 + 1_800)).toBeCloseTo(1.5)
    expect(indexOfTime([], 60, 5)).toBe(0)
  })
})

it.each([
  [3.9, 4],
  [2.9, 3],
  [1.2, 1],
  // Out of reach of all four.
  [9, 9],
])('the magnet draws %f to %f', (price, snapped) => {
  const [bar] = bars(0)
  if (bar) expect(magnetPrice(bar, price, (each) => each * 10, 12)).toBe(snapped)
})

it('places drawings without a pointer inside the screen', () => {
  expect(placedInMiddle('text', [0, 100], [10, 20])).toEqual([{ time: 50, price: 15 }])
  expect(placedInMiddle('trendLine', [0, 100], [10, 20])).toEqual([
    { time: 30, price: 14 },
    { time: 70, price: 16 },
  ])
})
