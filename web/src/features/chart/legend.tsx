import { type Ref, useImperativeHandle, useRef } from 'react'
import { mulDiv, SCALE } from '@/decimal'
import { chartSettings } from '@/features/chart/chart-settings'
import { INDICATOR_COLOURS } from '@/features/chart/chart-theme'
import { INDICATOR_NAMES } from '@/features/chart/indicators'
import * as format from '@/format'
import type { Candle, Timeframe } from '@/live/frames'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'

export type LegendHandle = {
  /** Shows the candle at a time; null shows the last one. */
  point(time: number | null): void
  show(candles: readonly Candle[]): void
}

type LegendProps = { ref: Ref<LegendHandle>; asset: Asset; timeframe: Timeframe }

const FIELDS = ['O', 'H', 'L', 'C', 'Vol', 'change'] as const

/** Open, high, low, close and volume of the candle under the crosshair. */
export function Legend({ ref, asset, timeframe }: LegendProps) {
  const root = useRef<HTMLDivElement>(null)
  const state = useRef<{ candles: readonly Candle[]; time: number | null }>({
    candles: [],
    time: null,
  })
  const { indicators } = useStore(chartSettings)
  const { base, quote } = assetInfo(asset)

  const write = () => {
    const { candles, time } = state.current
    const candle = time === null ? candles.at(-1) : candles.find((each) => each.time === time)
    const texts = candle ? legendTexts(asset, candle) : null
    const tone = candle && candle.close < candle.open ? 'text-down' : 'text-up'
    for (const [index, span] of [
      ...(root.current?.querySelectorAll('[data-value]') ?? []),
    ].entries()) {
      span.textContent = texts?.[index] ?? format.UNKNOWN
      span.className = tone
    }
  }
  useImperativeHandle(ref, () => ({
    point(time) {
      state.current.time = time
      write()
    },
    show(candles) {
      state.current.candles = candles
      write()
    },
  }))

  return (
    <div
      ref={root}
      className="pointer-events-none absolute top-2 left-3 z-10 flex flex-wrap gap-x-2.5 gap-y-0.5 pr-20 text-2xs text-faint"
    >
      <span className="font-medium text-soft">
        {base}/{quote} · {timeframe}
      </span>
      {FIELDS.map((field) => (
        <span key={field}>
          {field !== 'change' && `${field} `}
          <span data-value />
        </span>
      ))}
      {indicators.map((indicator) => (
        <span key={indicator} style={{ color: INDICATOR_COLOURS[indicator] }}>
          {INDICATOR_NAMES[indicator]}
        </span>
      ))}
    </div>
  )
}

function legendTexts(asset: Asset, { open, high, low, close, volume }: Candle): string[] {
  const prices = [open, high, low, close].map((value) => format.price(asset, value))
  const change = open === 0n ? 0n : mulDiv(close - open, SCALE, open, 'floor')
  return [...prices, format.compact(volume), format.signedPercent(change)]
}
