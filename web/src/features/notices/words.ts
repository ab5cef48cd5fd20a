/** What the notices say of the server's records. */

import type { Fill, Income, PlacedOrder } from '@/api/schema'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import type { News, NoticeKind } from '@/trading/notices'
import { expiryNews } from '@/trading/orders'
import { CLOSE_REASONS } from '@/trading/reasons'

export const KIND_LABELS: Record<NoticeKind, string> = {
  fill: 'Fills',
  close: 'Closed positions',
  exit: 'Stop-loss and take-profit',
  liquidation: 'Liquidations',
  order: 'Expired orders',
  margin: 'Margin warnings',
  funding: 'Fundings',
  alert: 'Price alerts',
  connection: 'Connection',
}

/** A fill that opened or closed something. */
export function newsOfFill(fill: Fill): News {
  const { fillId, asset, side, reason, executedAt } = fill
  const [qty, price, pnl] = [fill.qtyInt, fill.priceInt, fill.realizedPnLInt].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ]
  const verb = side === 'BUY' ? 'Bought' : 'Sold'
  const what = `${format.qty(asset, qty)} ${assetInfo(asset).base}`
  const at = `at ${format.price(asset, price)}`
  const base = { id: `fill:${fillId}`, asset, time: executedAt }
  if (pnl === 0n && reason === null) {
    return {
      ...base,
      kind: 'fill',
      tone: 'success',
      title: `${verb} ${what}`,
      detail: format.capitalized(at),
    }
  }
  const detail = `${verb} ${what} ${at}, P&L ${format.signedUsd(pnl)} USD`
  const tone = pnl < 0n ? 'warning' : 'success'
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

const titleOf = (asset: string, reason: keyof typeof CLOSE_REASONS) =>
  `${assetInfo(asset).base}: ${CLOSE_REASONS[reason].sentence}`

/** A funding that a position paid or received. */
export function newsOfFunding({ incomeId, asset, amountInt, time }: Income): News {
  const amount = BigInt(amountInt)
  const base = asset === null ? '' : `${assetInfo(asset).base}: `
  return {
    id: `income:${incomeId}`,
    kind: 'funding',
    tone: 'info',
    title: `${base}${amount < 0n ? 'Funding paid' : 'Funding received'}`,
    detail: `${format.signedUsd(amount)} USD`,
    asset,
    time,
  }
}

/** An order that expired; the close of a position says enough of those that ended with it. */
export function newsOfExpired(order: PlacedOrder): News | null {
  if (order.reason === 'POSITION_CLOSED') return null
  return { ...expiryNews(order), time: order.updatedAt }
}
