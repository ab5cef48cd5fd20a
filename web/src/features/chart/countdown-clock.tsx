import { t } from '@lingui/core/macro'
import { Timer } from 'lucide-react'
import type { ChartView } from '@/features/chart/chart-view'
import { countdownText } from '@/features/chart/countdown'
import type { Timeframe } from '@/live/frames'
import { quoteOf } from '@/live/prices'
import type { Asset } from '@/markets'
import { useClock } from '@/ui/use-clock'

type CountdownClockProps = { view: ChartView; asset: Asset; timeframe: Timeframe }

/** The time until the current candle ends; nothing while no candle is current. */
export function CountdownClock({ view, asset, timeframe }: CountdownClockProps) {
  const now = useClock()
  const start = view.bars.at(-1)?.time
  const text = start === undefined ? '' : countdownText(timeframe, start, marketTime(asset, now))
  if (text === '') return null
  return (
    <span title={t`Time until the candle ends`} className="inline-flex items-center gap-0.5">
      <Timer size={11} aria-hidden />
      <span className="sr-only">{t`Time until the candle ends:`} </span>
      <span className="tabular-nums">{text}</span>
    </span>
  )
}

/** Returns the time by the market's trades, which may differ from this machine's clock, Unix ms. */
function marketTime(asset: Asset, now: number): number {
  const quote = quoteOf(asset)
  return quote ? quote.timestamp + performance.now() - quote.heardAt : now
}
