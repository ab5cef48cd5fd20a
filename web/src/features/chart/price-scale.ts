/** Scrolling of the price scale. */

import type { IChartApi } from 'lightweight-charts'
import { toPixel } from '@/decimal'

/** Scrolls so that a price is in the middle; the span of the scale stays. */
export function scrollToPrice(chart: IChartApi, price: bigint): void {
  const scale = chart.priceScale('right')
  const shown = scale.getVisibleRange()
  if (!shown) return
  const middle = toPixel(price)
  // PriceScaleMode.Logarithmic, whose value would need the library.
  if (scale.options().mode !== 1) {
    const half = (shown.to - shown.from) / 2
    return scale.setVisibleRange({ from: middle - half, to: middle + half })
  }
  // Here the library returns prices, but takes their logarithms.
  const half = (logical(shown.to) - logical(shown.from)) / 2
  const at = logical(middle)
  scale.setVisibleRange({ from: at - half, to: at + half })
}

/** The place of a price on the library's logarithmic scale, for spans of one and more. */
function logical(price: number): number {
  return Math.log10(Math.max(price, 0) + 0.0001) + 4
}
