/**
 * What the API sends and takes, by hand until the contract is generated; `client.ts` is the only
 * one that turns JSON into these.
 */
import type { Asset } from '@/assets'
import type { OrderType } from '@/rules'

export type User = { userId: string; email: string; phone: string }

type Terms = {
  orderId: string
  asset: Asset
  orderType: OrderType
  leverage: number
  createdAt: number
  qtyInt: string
  marginInt: string
  executionPriceInt: string
  liquidationPriceInt: string
  stopLossInt: string | null
  takeProfitInt: string | null
}

export type OpenOrder = Terms & { status: 'OPEN' }

export type CloseReason = 'MANUAL' | 'MARGIN_CALL' | 'STOP_LOSS' | 'TAKE_PROFIT'

export type ClosedOrder = Terms & {
  status: 'CLOSED'
  closePriceInt: string
  finalPnLInt: string
  shortfallInt: string
  closeReason: CloseReason
  closedAt: number
}

export type Order = OpenOrder | ClosedOrder

/** Balance and used margin after the change with this number. */
export type AccountState = { sequence: number; balanceInt: string; usedMarginInt: string }

export type BalanceSheet = { balanceInt: string; usedMarginInt: string }

export type OpenRequest = {
  asset: Asset
  orderType: OrderType
  leverage: number
  qty: string
  stopLoss?: string
  takeProfit?: string
}

/** A price as decimal text, null to remove one, absent to keep it. */
export type ModifyRequest = { stopLoss?: string | null; takeProfit?: string | null }
