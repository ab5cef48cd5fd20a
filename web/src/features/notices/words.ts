/** What the notices say of the server's records. */

import { type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import type { CloseReason, Fill, Income, PlacedOrder } from '@/api/schema'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { News, NoticeKind } from '@/trading/notices'
import { expiryNews } from '@/trading/orders'
import { CLOSE_REASONS } from '@/trading/reasons'

export const KIND_LABELS: Record<NoticeKind, MessageDescriptor> = {
  fill: msg`Fills`,
  close: msg`Closed positions`,
  exit: msg`Stop-loss and take-profit`,
  liquidation: msg`Liquidations`,
  order: msg`Expired orders`,
  margin: msg`Margin warnings`,
  funding: msg`Fundings`,
  alert: msg`Price alerts`,
  connection: msg`Connection`,
}

/** A fill that opened or closed something. */
export function newsOfFill(fill: Fill): News {
  const { fillId, asset, side, reason, executedAt } = fill
  const size = `${format.qty(asset, BigInt(fill.qtyInt))} ${assetInfo(asset).base}`
  const price = format.price(asset, BigInt(fill.priceInt))
  const gain = BigInt(fill.realizedPnLInt)
  const base = { id: `fill:${fillId}`, asset, time: executedAt }
  if (gain === 0n && reason === null) {
    return {
      ...base,
      kind: 'fill',
      tone: 'success',
      title: side === 'BUY' ? t`Bought ${size}` : t`Sold ${size}`,
      detail: t`At ${price}`,
    }
  }
  const pnl = format.signedUsd(gain)
  const detail =
    side === 'BUY'
      ? t`Bought ${size} at ${price}, P&L ${pnl} USD`
      : t`Sold ${size} at ${price}, P&L ${pnl} USD`
  const tone = gain < 0n ? 'warning' : 'success'
  switch (reason) {
    case 'MARGIN_CALL':
      return { ...base, kind: 'liquidation', tone: 'error', title: titleOf(asset, reason), detail }
    case 'STOP_LOSS':
    case 'TAKE_PROFIT':
      return { ...base, kind: 'exit', tone, title: titleOf(asset, reason), detail }
    default:
      return { ...base, kind: 'close', tone, title: titleOf(asset, 'MANUAL'), detail }
  }
}

function titleOf(asset: Asset, closeReason: CloseReason): string {
  const { base } = assetInfo(asset)
  const reason = CLOSE_REASONS[closeReason].sentence
  return t`${base}: ${reason}`
}

/** A funding that a position paid or received. */
export function newsOfFunding({ incomeId, asset, amountInt, time }: Income): News {
  const amount = BigInt(amountInt)
  return {
    id: `income:${incomeId}`,
    kind: 'funding',
    tone: 'info',
    title: fundingTitle(asset, amount < 0n),
    detail: `${format.signedUsd(amount)} USD`,
    asset,
    time,
  }
}

function fundingTitle(asset: Asset | null, isPaid: boolean): string {
  if (asset === null) return isPaid ? t`Funding paid` : t`Funding received`
  const { base } = assetInfo(asset)
  return isPaid ? t`${base}: Funding paid` : t`${base}: Funding received`
}

/** An order that expired; the close of a position says enough of those that ended with it. */
export function newsOfExpired(order: PlacedOrder): News | null {
  if (order.reason === 'POSITION_CLOSED') return null
  return { ...expiryNews(order), time: order.updatedAt }
}
