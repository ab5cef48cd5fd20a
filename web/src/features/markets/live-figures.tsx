import {
  changeRatio,
  type DayStats,
  mid,
  useDayStats,
  withPrice,
} from '@/features/markets/day-stats'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { type LiveContent, LiveText } from '@/live/use-live'
import type { Asset } from '@/markets'

type FigureProps = { asset: Asset; className?: string }

/** The current price, coloured by the direction of its last change. */
export function LastPrice({ asset, className = '' }: FigureProps) {
  return (
    <LiveText
      assets={[asset]}
      className={className}
      testId={`price-${asset}`}
      content={() => {
        const quote = quoteOf(asset)
        if (!quote) return null
        const tone = quote.direction === 'same' ? 'plain' : quote.direction
        return { text: format.price(asset, mid(quote)), tone }
      }}
    />
  )
}

export function Bid({ asset, className = '' }: FigureProps) {
  return (
    <LiveText
      assets={[asset]}
      className={className}
      content={() => {
        const quote = quoteOf(asset)
        return quote && { text: format.price(asset, quote.bid) }
      }}
    />
  )
}

export function Ask({ asset, className = '' }: FigureProps) {
  return (
    <LiveText
      assets={[asset]}
      className={className}
      content={() => {
        const quote = quoteOf(asset)
        return quote && { text: format.price(asset, quote.ask) }
      }}
    />
  )
}

function DayFigure({
  asset,
  className = '',
  content,
}: FigureProps & { content: (stats: DayStats, price: bigint) => LiveContent }) {
  const stats = useDayStats(asset)
  return (
    <LiveText
      assets={[asset]}
      className={className}
      content={() => {
        const quote = quoteOf(asset)
        return stats && quote && content(withPrice(stats, mid(quote)), mid(quote))
      }}
    />
  )
}

export function DayChange(props: FigureProps) {
  return (
    <DayFigure
      {...props}
      content={(stats, price) => {
        const ratio = changeRatio(price, stats.open)
        return { text: format.signedPercent(ratio), tone: ratio < 0n ? 'down' : 'up' }
      }}
    />
  )
}

/** The change of the price in 24 hours, in the quote asset. */
export function DayMove(props: FigureProps) {
  return (
    <DayFigure
      {...props}
      content={({ open }, price) => {
        const change = price - open
        const text = format.price(props.asset, change)
        return { text: change > 0n ? `+${text}` : text, tone: change < 0n ? 'down' : 'up' }
      }}
    />
  )
}

export function DayHigh(props: FigureProps) {
  return (
    <DayFigure {...props} content={({ high }) => ({ text: format.price(props.asset, high) })} />
  )
}

export function DayLow(props: FigureProps) {
  return <DayFigure {...props} content={({ low }) => ({ text: format.price(props.asset, low) })} />
}

export function DayVolume(props: FigureProps) {
  return <DayFigure {...props} content={({ volume }) => ({ text: format.compact(volume) })} />
}
