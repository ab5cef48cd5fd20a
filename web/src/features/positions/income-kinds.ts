import type { IncomeKind } from '@/api/schema'

/** The kinds of the lines of a statement, as the filter lists them. */
export const INCOME_KINDS: readonly IncomeKind[] = [
  'TRANSFER',
  'REALIZED_PNL',
  'COMMISSION',
  'FUNDING_FEE',
  'LIQUIDATION_FEE',
  'ADJUSTMENT',
]

export const KIND_NAMES: Record<IncomeKind, string> = {
  TRANSFER: 'Transfer',
  REALIZED_PNL: 'Realized P&L',
  COMMISSION: 'Fee',
  FUNDING_FEE: 'Funding',
  LIQUIDATION_FEE: 'Liquidation fee',
  ADJUSTMENT: 'Adjustment',
}
