/** The figures of an open position that change with the price. */

import { t } from '@lingui/core/macro'
import * as format from '@/format'
import { liquidatingQuote, valuingQuote } from '@/live/marks'
import { quoteOf } from '@/live/prices'
import { type LiveContent, LiveText } from '@/live/use-live'
import { type Asset, assetInfo } from '@/markets'
import { closePrice, liquidationRoom, type Quote, returnOnMargin } from '@/rules'
import { settings } from '@/settings'
import { percentRatio } from '@/trading/liquidation'
import { assetsOf, type Position, pnlAt, unrealizedPnl } from '@/trading/account'
import { marginRatio } from '@/trading/figures'

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
        const distance = format.percent(returnOnMargin(away, close))
        return {
          text: t`${distance} away`,
          tone: isNear ? 'down' : 'faint',
        }
      }}
    />
  )
}

/** The share of its money that the position must have: it is liquidated at 100 %. */
export function MarginRatioCell(props: CellProps) {
  const info = assetInfo(props.position.asset)
  return (
    <Cell
      {...props}
      testId="margin-ratio"
      pricesOf={liquidatingQuote}
      content={(quote) => {
        const ratio = marginRatio(props.position, quote, info)
        if (ratio === null) return { text: '> 100%', tone: 'down' }
        return { text: format.percent(ratio), tone: ratio > HIGH_RATIO ? 'down' : 'faint' }
      }}
    />
  )
}

/** The margin ratio at which a position is near its liquidation. */
const HIGH_RATIO = percentRatio(80)

/** The P&L of several positions together. */
export function TotalPnl({ positions }: { positions: readonly Position[] }) {
  return (
    <LiveText
      assets={assetsOf(positions)}
      testId="total-pnl"
      content={() => {
        const sum = unrealizedPnl(positions, valuingQuote)
        return sum === null ? null : { text: format.signedUsd(sum), tone: toneOf(sum) }
      }}
    />
  )
}

export function toneOf(amount: bigint): 'up' | 'down' | 'plain' {
  if (amount === 0n) return 'plain'
  return amount > 0n ? 'up' : 'down'
}
