import { toPixel } from '@/decimal'
import { cx } from '@/ui/class-names'

const WIDTH = 80
const HEIGHT = 24
/** Half of the line's width, so that it is not cut off at the edges. */
const EDGE = 1

/** The course of a price, without axes: green if it ended higher than it began. */
export function Sparkline({ prices }: { prices: readonly bigint[] }) {
  const [first, last] = [prices[0], prices.at(-1)]
  if (first === undefined || last === undefined || prices.length < 2) return null
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
      className={cx('h-6 w-20', last < first ? 'text-down' : 'text-up')}
    >
      <polyline
        points={points(prices)}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.25}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

/** Returns the points of the line, which fills the picture; a price that stood still is its middle. */
export function points(prices: readonly bigint[]): string {
  const values = prices.map(toPixel)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const step = WIDTH / (values.length - 1)
  const scale = high > low ? (HEIGHT - 2 * EDGE) / (high - low) : 0
  const height = (value: number) =>
    scale === 0 ? HEIGHT / 2 : HEIGHT - EDGE - (value - low) * scale
  return values.map((value, n) => `${(n * step).toFixed(1)},${height(value).toFixed(1)}`).join(' ')
}
