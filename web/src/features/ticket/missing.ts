/** The fields that an order needs and that are empty. Pure. */

import { t } from '@lingui/core/macro'
import type { Draft, FieldName } from '@/features/ticket/evaluate'
import { levelField, levelsOf } from '@/features/ticket/levels'
import { hasPrice, hasTrigger } from '@/features/ticket/order-terms'
import { timeOf } from '@/features/ticket/time-in-force'
import type { ExitName } from '@/trading/exits'

const EXITS: readonly ExitName[] = ['takeProfit', 'stopLoss']

const isEmpty = (text: string) => text.trim() === ''

/** Returns the problem of a field that was left empty, which counts once the form was sent. */
export function missing(draft: Draft, field: FieldName): string | null {
  const { kind, sizeText, priceText, triggerText, callbackText, expiresText } = draft
  const isTrailing = kind === 'TRAILING_STOP_MARKET'
  if (field === 'size' && isEmpty(sizeText)) return t`Enter a size`
  if (field === 'price' && hasPrice(kind) && isEmpty(priceText)) return t`Enter a price`
  if (field === 'callbackBps' && isTrailing && isEmpty(callbackText)) return t`Enter 0.1 to 10 %`
  const needsTrigger = hasTrigger(kind) && !isTrailing
  if (field === 'triggerPrice' && needsTrigger && isEmpty(triggerText)) return t`Enter a price`
  if (field === 'expiresAt' && timeOf(draft) === 'GTD' && isEmpty(expiresText)) {
    return t`Enter a date and a time`
  }
  const isLevel = EXITS.some((exit) => isEmptyLevel(draft, exit, field))
  return isLevel ? t`Enter this level or remove it` : null
}

function isEmptyLevel(draft: Draft, exit: ExitName, field: FieldName): boolean {
  const levels = levelsOf(draft[exit])
  if (levels.length === 1) return false
  return levels.some(({ text }, index) => levelField(exit, index) === field && isEmpty(text))
}
