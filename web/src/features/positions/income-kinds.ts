import { type MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
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

export const KIND_NAMES: Record<IncomeKind, MessageDescriptor> = {
  TRANSFER: msg`Transfer`,
  REALIZED_PNL: msg`Realized P&L`,
  COMMISSION: msg`Fee`,
  FUNDING_FEE: msg`Funding`,
  LIQUIDATION_FEE: msg`Liquidation fee`,
  ADJUSTMENT: msg`Adjustment`,
}
