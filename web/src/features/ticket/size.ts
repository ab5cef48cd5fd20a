/** The size of an order: what was typed, in the base asset, in USD, or as a share. Pure. */

import { t } from '@lingui/core/macro'
import * as costs from '@/costs'
import { fixedPlain, mulDiv, parse, print, SCALE, toStep } from '@/decimal'
import * as format from '@/format'
import type { Draft, SizeUnit } from '@/features/ticket/evaluate'
import { type AssetInfo, qtyStep } from '@/markets'
import { inNotation } from '@/notation'
import * as rules from '@/rules'
import { readAbove } from '@/trading/read-amount'
import { minimumProblem, stepProblem } from '@/trading/steps'

/** The reserve that 100 % keeps (per mille): the price moves while the order is in flight. */
const RESERVE_PER_MILLE = 1n

const WHOLE_PERCENT = 100n * SCALE

/** A size; a problem with its text; neither for an empty field. */
export type Size = { qty: bigint | null; problem?: string }

/** What a share is a share of: the free margin, or the position that the order reduces. */
export type Whole = { free: bigint | null; reduces: bigint | null }

export function readLeverage(text: string, max: number): number | null {
  if (!/^\d+$/.test(text.trim())) return null
  const leverage = Number(text)
  return leverage >= 1 && leverage <= max ? leverage : null
}

export function readSize(draft: Draft, info: AssetInfo, entry: bigint, whole: Whole): Size {
  const { sizeText, sizeUnit } = draft
  if (sizeText.trim() === '') return { qty: null }
  if (sizeUnit === 'share') return readShare(draft, info, entry, whole)
  const { value, problem } = readAbove(sizeText)
  if (value === null) return { qty: null, problem }
  if (sizeUnit === 'base') {
    const offStep = stepProblem(info, value)
    return offStep === null ? { qty: value } : { qty: null, problem: offStep }
  }
  const qty = rules.qtyForNotional(value, entry, qtyStep(info))
  if (qty > 0n) return { qty }
  const least = format.usd(rules.notional(qtyStep(info), entry, 'ceiling'), 'ceiling')
  return { qty: null, problem: t`Minimum ${least} USD` }
}

function readShare(draft: Draft, info: AssetInfo, entry: bigint, whole: Whole): Size {
  const parsed = parse(draft.sizeText.replace(/%\s*$/, ''))
  if (!parsed.ok) return { qty: null, problem: format.capitalized(parsed.problem) }
  const share = parsed.value
  if (share <= 0n || share > WHOLE_PERCENT) {
    return { qty: null, problem: t`Enter more than 0 and at most 100 %` }
  }
  const qty = qtyOfShare(draft, info, entry, whole, share)
  if (qty === null || qty > 0n) return { qty }
  const [least, { base }] = [inNotation(print(qtyStep(info))), info]
  return { qty: null, problem: t`Less than ${least} ${base}` }
}

/** Returns the size of a share, in per cent at scale; null while the whole is not known. */
function qtyOfShare(
  draft: Draft,
  info: AssetInfo,
  entry: bigint,
  { free, reduces }: Whole,
  share: bigint,
): bigint | null {
  const isAll = share === WHOLE_PERCENT
  const step = qtyStep(info)
  if (reduces !== null) {
    return isAll ? reduces : toStep(mulDiv(reduces, share, WHOLE_PERCENT, 'floor'), step, 'floor')
  }
  if (free === null) return null
  const leverage = readLeverage(draft.leverageText, info.maxLeverage) ?? 1
  const kept = isAll ? mulDiv(free, RESERVE_PER_MILLE, 1000n, 'ceiling') : 0n
  const money = mulDiv(free - kept, share, WHOLE_PERCENT, 'floor')
  return costs.qtyForMoney(money, entry, leverage, info.takerFeePpm, step)
}

/** Returns the size, as text for its field, that is a share of the whole. */
export function textForShare(
  draft: Draft,
  info: AssetInfo,
  entry: bigint,
  whole: Whole,
  percent: number,
): string {
  if (draft.sizeUnit === 'share') return percent === 0 ? '' : String(percent)
  const qty = qtyOfShare(draft, info, entry, whole, BigInt(percent) * SCALE)
  if (qty === null || qty <= 0n) return ''
  return draft.sizeUnit === 'base' ? print(qty) : usdText(qty, entry)
}

/** A value in USD that stands for this size: to the cent, and not below it. */
function usdText(qty: bigint, entry: bigint): string {
  return fixedPlain(rules.notional(qty, entry, 'ceiling'), 2, 'floor')
}

/** Converts the size to another unit. */
export function convertSize(
  draft: Draft,
  info: AssetInfo,
  entry: bigint,
  to: SizeUnit,
  whole: Whole,
): string {
  const { qty } = readSize(draft, info, entry, whole)
  if (qty === null || to === draft.sizeUnit) return draft.sizeText
  if (to === 'base') return print(qty)
  if (to === 'share') return draft.share === null ? '' : String(draft.share)
  return fixedPlain(rules.notional(qty, entry, 'nearest'), 2, 'nearest')
}

/** An order that would open a position. */
export type Opening = {
  qty: bigint
  entry: bigint
  leverage: number
  margin: bigint
  fee: bigint
  free: bigint | null
}

/** Returns the problem with the size of an order that opens. */
export function openingProblem(info: AssetInfo, opening: Opening): string | null {
  const { qty, entry, leverage, margin, fee, free } = opening
  const least = minimumProblem(info, qty, entry)
  if (least !== null) return least
  if (rules.marginVanishes(qty, entry, leverage)) return t`Too small: the margin would be zero`
  if (!rules.fits(qty, entry, leverage)) return t`Out of range`
  if (free !== null && margin + fee > free) {
    const [needed, available] = [format.usd(margin + fee, 'ceiling'), format.usd(free)]
    return fee > 0n
      ? t`Needs ${needed} USD of margin and fee; ${available} USD available`
      : t`Needs ${needed} USD of margin; ${available} USD available`
  }
  return null
}
