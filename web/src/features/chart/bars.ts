/** Candles as numbers, for what is only drawn: a pixel needs no more than a double's digits. */

import { t } from '@lingui/core/macro'
import { toPixel } from '@/decimal'
import type { Candle } from '@/live/frames'

export type Bar = {
  /** Unix s. */
  time: number
  open: number
  high: number
  low: number
  close: number
  volume: number
}

export const SOURCES = ['close', 'open', 'high', 'low', 'hl2', 'hlc3', 'ohlc4'] as const
/** The price of a bar from which an indicator is calculated. */
export type Source = (typeof SOURCES)[number]

export function sourceName(source: Source): string {
  return {
    close: t({ message: 'Close', context: 'price of a candle' }),
    open: t({ message: 'Open', context: 'price of a candle' }),
    high: t({ message: 'High', context: 'price of a candle' }),
    low: t({ message: 'Low', context: 'price of a candle' }),
    hl2: t`(High + low) / 2`,
    hlc3: t`(High + low + close) / 3`,
    ohlc4: t`(Open + high + low + close) / 4`,
  }[source]
}

export function toBar({ time, open, high, low, close, volume }: Candle): Bar {
  return {
    time,
    open: toPixel(open),
    high: toPixel(high),
    low: toPixel(low),
    close: toPixel(close),
    volume: toPixel(volume),
  }
}

export function priceOf({ open, high, low, close }: Bar, source: Source): number {
  switch (source) {
    case 'close':
      return close
    case 'open':
      return open
    case 'high':
      return high
    case 'low':
      return low
    case 'hl2':
      return (high + low) / 2
    case 'hlc3':
      return (high + low + close) / 3
    case 'ohlc4':
      return (open + high + low + close) / 4
  }
}

/** Returns the Heikin-Ashi bar of a bar and the Heikin-Ashi bar before it. */
export function heikinAshi(bar: Bar, before: Bar | undefined): Bar {
  const close = (bar.open + bar.high + bar.low + bar.close) / 4
  const open = before ? (before.open + before.close) / 2 : (bar.open + bar.close) / 2
  const high = Math.max(bar.high, open, close)
  const low = Math.min(bar.low, open, close)
  return { ...bar, open, high, low, close }
}

/** Returns the index of the last bar that begins at a time or before it; -1 if there is none. */
export function indexAt(bars: readonly { time: number }[], time: number): number {
  let [from, to] = [0, bars.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((bars[middle]?.time ?? Infinity) <= time) from = middle + 1
    else to = middle
  }
  return from - 1
}
