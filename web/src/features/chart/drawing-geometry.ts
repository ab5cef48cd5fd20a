/** Where drawings are on the screen, and what is near a point. Pure. */

import { type Bar, indexAt } from '@/features/chart/bars'
import type { Drawing, DrawingPoint, Tool } from '@/features/chart/drawings'
import { inNotation } from '@/notation'

export type Spot = { x: number; y: number }

/** How times and prices are placed on the screen, and its size in pixels. */
export type Place = {
  x: (time: number) => number
  y: (price: number) => number
  width: number
  height: number
  formatPrice: (price: number) => string
}

export type Label = Spot & { text: string; align: 'left' | 'right'; isLarge: boolean }

/** What is painted: lines, an area that is filled, and texts. */
export type Shape = {
  lines: readonly (readonly [Spot, Spot])[]
  area: readonly [Spot, Spot] | null
  labels: readonly Label[]
  /** The points that can be moved. */
  handles: readonly Spot[]
}

export const FIBONACCI = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1] as const

/** The size of a character of a text drawing, about, and the height of its line. */
const CHARACTER = { width: 7, height: 18 }

/** The distance of a label from its line. */
const LABEL_GAP = 4
/** The distance of a text from its point. */
const TEXT_GAP = 9

export function shapeOf(
  { tool, points, text }: Omit<Drawing, 'id' | 'colour'>,
  place: Place,
): Shape {
  const handles = points.map(({ time, price }) => ({ x: place.x(time), y: place.y(price) }))
  const [a = { x: 0, y: 0 }, b = a] = handles
  const shape: Shape = { lines: [], area: null, labels: [], handles }
  switch (tool) {
    case 'trendLine':
      return { ...shape, lines: [[a, b]] }
    case 'ray':
      return { ...shape, lines: [[a, rayEnd(a, b, place)]] }
    case 'horizontalLine':
      return {
        ...shape,
        lines: [
          [
            { x: 0, y: a.y },
            { x: place.width, y: a.y },
          ],
        ],
        labels: [
          {
            x: place.width - LABEL_GAP,
            y: a.y - LABEL_GAP,
            text: place.formatPrice(points[0]?.price ?? 0),
            align: 'right',
            isLarge: false,
          },
        ],
      }
    case 'rectangle': {
      const corners = [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }] as const
      return {
        ...shape,
        lines: corners.map((corner, index) => [corner, corners[(index + 1) % 4] ?? a]),
        area: [a, b],
      }
    }
    case 'fibonacci':
      return { ...shape, ...retracement(points, [a, b], place) }
    case 'text':
      return {
        ...shape,
        labels: [{ x: a.x + TEXT_GAP, y: a.y, text, align: 'left', isLarge: true }],
      }
  }
}

/** The levels between two prices: 0 at the second, 1 at the first. */
function retracement(
  [from, to = from]: readonly DrawingPoint[],
  [a, b]: readonly [Spot, Spot],
  place: Place,
): Pick<Shape, 'lines' | 'labels'> {
  if (!from || !to) return { lines: [], labels: [] }
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)]
  const levels = FIBONACCI.map((level) => {
    const price = to.price + (from.price - to.price) * level
    return { level, price, y: place.y(price) }
  })
  return {
    lines: [
      [a, b],
      ...levels.map(
        ({ y }) =>
          [
            { x: left, y },
            { x: right, y },
          ] as const,
      ),
    ],
    labels: levels.map(({ level, price, y }) => ({
      x: left + LABEL_GAP,
      y: y - LABEL_GAP,
      text: `${inNotation(String(level))} (${place.formatPrice(price)})`,
      align: 'left',
      isLarge: false,
    })),
  }
}

/** Returns where a ray from `a` through `b` leaves the screen. */
export function rayEnd(a: Spot, b: Spot, { width, height }: Pick<Place, 'width' | 'height'>): Spot {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  if (dx === 0 && dy === 0) return b
  const reach = (from: number, by: number, end: number) =>
    by > 0 ? (end - from) / by : by < 0 ? -from / by : Infinity
  // Never short of its second point, which may be out of sight.
  const times = Math.max(1, Math.min(reach(a.x, dx, width), reach(a.y, dy, height)))
  return { x: a.x + dx * times, y: a.y + dy * times }
}

export function distanceToLine(at: Spot, a: Spot, b: Spot): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const square = dx * dx + dy * dy
  const along = square === 0 ? 0 : ((at.x - a.x) * dx + (at.y - a.y) * dy) / square
  const share = Math.max(0, Math.min(1, along))
  return Math.hypot(at.x - a.x - dx * share, at.y - a.y - dy * share)
}

/** Returns the distance from a point to what is painted; 0 on a text. */
export function distanceTo({ lines, labels }: Shape, at: Spot): number {
  const toLines = lines.map(([a, b]) => distanceToLine(at, a, b))
  const onText = labels.some(({ x, y, text, isLarge }) => {
    const width = Math.max(text.length, 2) * CHARACTER.width
    return isLarge && at.x >= x && at.x <= x + width && Math.abs(at.y - y) <= CHARACTER.height / 2
  })
  return onText ? 0 : Math.min(Infinity, ...toLines)
}

/** What is at a point: a drawing as a whole (`handle` is null) or one of its points. */
export type Hit = { id: string; handle: number | null }

/** Returns the topmost drawing within reach; the handles of the selected one first. */
export function hitAt(
  shapes: readonly { id: string; shape: Shape }[],
  selected: string | null,
  at: Spot,
  reach: number,
): Hit | null {
  const chosen = shapes.find(({ id }) => id === selected)
  const handle = chosen?.shape.handles.findIndex(
    ({ x, y }) => Math.hypot(at.x - x, at.y - y) <= reach,
  )
  if (chosen && handle !== undefined && handle >= 0) return { id: chosen.id, handle }
  const found = shapes.findLast(({ shape }) => distanceTo(shape, at) <= reach)
  return found ? { id: found.id, handle: null } : null
}

/**
 * Returns the place of a time among bars: their indices, with fractions between them, and as many
 * steps (s) before the first and after the last one as would be there.
 */
export function indexOfTime(bars: readonly Bar[], step: number, time: number): number {
  const [first] = bars
  const last = bars.at(-1)
  if (!first || !last) return 0
  if (time < first.time) return (time - first.time) / step
  if (time >= last.time) return bars.length - 1 + (time - last.time) / step
  const index = indexAt(bars, time)
  const [from, to] = [bars[index]?.time ?? 0, bars[index + 1]?.time ?? 0]
  return index + (time - from) / (to - from)
}

/** Returns the time at a whole index, also before the first and after the last bar. */
export function timeOfIndex(bars: readonly Bar[], step: number, index: number): number {
  const [first] = bars
  const last = bars.at(-1)
  if (!first || !last) return 0
  if (index < 0) return first.time + index * step
  const beyond = index - (bars.length - 1)
  return beyond > 0 ? last.time + beyond * step : (bars[index]?.time ?? last.time)
}

/** Returns the price of the bar that is nearest on the screen, if it is within reach. */
export function magnetPrice(
  { open, high, low, close }: Bar,
  price: number,
  y: (price: number) => number,
  reach: number,
): number {
  const away = (each: number) => Math.abs(y(each) - y(price))
  const [nearest = price] = [open, high, low, close].toSorted((a, b) => away(a) - away(b))
  return away(nearest) <= reach ? nearest : price
}

/** Returns the points that a drawing gets which is placed without a pointer: around the middle. */
export function placedInMiddle(
  tool: Tool,
  times: readonly [from: number, to: number],
  prices: readonly [low: number, high: number],
): DrawingPoint[] {
  const at = ([from, to]: readonly [number, number], share: number) => from + (to - from) * share
  const point = (time: number, price: number) => ({
    time: Math.round(at(times, time)),
    price: at(prices, price),
  })
  if (tool === 'horizontalLine' || tool === 'text') return [point(0.5, 0.5)]
  return [point(0.3, 0.4), point(0.7, 0.6)]
}
