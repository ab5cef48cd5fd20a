/** The figures of an open position that change with the price. */

import * as format from '@/format'
import { liquidatingQuote, valuingQuote } from '@/live/marks'
import { quoteOf } from '@/live/prices'
import { type LiveContent, LiveText } from '@/live/use-live'
import type { Asset } from '@/markets'
import { closePrice, liquidationRoom, type Quote, returnOnMargin } from '@/rules'
import { settings } from '@/settings'
import { percentRatio } from '@/trading/liquidation'
import { type Position, pnlAt } from '@/trading/account'

type CellProps = {
  position: Position
  className?: string
  /** Shows what an immediate close would give, also where positions are valued at a mark price. */
  atClose?: boolean
}

function Cell({
  position,
  className,
  testId,
  atClose = false,
  pricesOf = atClose ? quoteOf : valuingQuote,
  content,
}: CellProps & {
  testId: string
  pricesOf?: (asset: Asset) => Quote | null
  content: (quote: Quote) => LiveContent
}) {
  return (
    <LiveText
      assets={[position.asset]}
      testId={testId}
      {...(className ? { className } : {})}
      content={() => {
        const quote = pricesOf(position.asset)
        return quote && content(quote)
      }}
    />
  )
}

export function MarkCell(props: CellProps) {
  const { asset, orderType } = props.position
  return (
    <Cell
      {...props}
      testId="mark"
      content={(quote) => ({ text: format.price(asset, closePrice(orderType, quote)) })}
    />
  )
}

export function PnlCell(props: CellProps) {
  return (
    <Cell
      {...props}
      testId="pnl"
      content={(quote) => {
        const pnl = pnlAt(props.position, quote)
        return { text: format.signedUsd(pnl), tone: toneOf(pnl) }
      }}
    />
  )
}

export function RoeCell(props: CellProps) {
  return (
    <Cell
      {...props}
      testId="roe"
      content={(quote) => {
        const pnl = pnlAt(props.position, quote)
        return {
          text: format.signedPercent(returnOnMargin(pnl, props.position.margin)),
          tone: toneOf(pnl),
        }
      }}
    />
  )
}

/** The distance to the liquidation price, in per cent of the price. */
export function DistanceCell(props: CellProps) {
  const { orderType, executionPrice, liquidationPrice } = props.position
  return (
    <Cell
      {...props}
      testId="distance"
      pricesOf={liquidatingQuote}
      content={(quote) => {
        const close = closePrice(orderType, quote)
        const away = close > liquidationPrice ? close - liquidationPrice : liquidationPrice - close
        const room = liquidationRoom(executionPrice, liquidationPrice, close)
        const isNear = room <= percentRatio(settings.get().warnPercent)
        return {
          text: `${format.percent(returnOnMargin(away, close))} away`,
          tone: isNear ? 'down' : 'faint',
        }
      }}
    />
  )
}

export function toneOf(amount: bigint): 'up' | 'down' | 'plain' {
  if (amount === 0n) return 'plain'
  return amount > 0n ? 'up' : 'down'
}
