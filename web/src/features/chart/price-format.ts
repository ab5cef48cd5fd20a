/** The numbers of the chart's axes and crosshair, in the notation of the page. */

import type { PriceFormatCustom } from 'lightweight-charts'
import { fromPixel } from '@/decimal'
import * as format from '@/format'
import { inNotation } from '@/notation'

/** More than any price or volume; what is beyond it has no amount. */
const VALUE_MAX = 9e10

/** Formats with a fixed number of decimals and with separators: `92,000.50`. */
export function priceFormat(decimals: number): PriceFormatCustom {
  return custom(1 / 10 ** decimals, (value) => format.fixed(fromPixel(value), decimals, 'nearest'))
}

/** Formats volumes in short form, without zeros at the end: `1.2K`. Words have no room on an axis. */
export function volumeFormat(): PriceFormatCustom {
  return custom(0.01, (value) =>
    inNotation(
      format
        .compact(fromPixel(value), 2, 'en')
        .replace(/\.00(\D?)$/, '$1')
        .replace(/(\.\d)0(\D?)$/, '$1$2'),
    ),
  )
}

function custom(minMove: number, formatter: (value: number) => string): PriceFormatCustom {
  return {
    type: 'custom',
    minMove,
    formatter: (value) => (Math.abs(value) <= VALUE_MAX ? formatter(value) : format.UNKNOWN),
  }
}
