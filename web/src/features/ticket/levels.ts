/**
 * The take-profits and stop-losses of an order. The engine attaches one price of each to an order,
 * which closes all that is left of the position; further levels are orders of their own, which
 * reduce the position and are placed once it exists. With shares of 100 % in total, the farthest
 * level is the attached one, so that a position is never without its last exit. Pure.
 */

import { t } from '@lingui/core/macro'
import { mulDiv, parse, SCALE, toStep } from '@/decimal'
import * as format from '@/format'
import type { Evaluation } from '@/features/ticket/evaluate'
import type { Terms } from '@/features/ticket/previews'
import { priceTick, qtyStep } from '@/markets'
import * as rules from '@/rules'
import { type ExitName, stopLossWords, takeProfitWords } from '@/trading/exits'
import { tickProblem } from '@/trading/steps'

export type ExitUnit = 'price' | 'percent' | 'distance' | 'pnl' | 'roe'

/** One level as it is typed, with the share of the position that it closes. */
export type Level = { text: string; share: string }

/** The levels of one exit, all in one unit. The first one is alone unless there are `more`. */
export type Exit = {
  text: string
  unit: ExitUnit
  share?: string
  more?: readonly Level[]
}

export type ExitField =
  ExitName | `${ExitName}.${number}` | `${ExitName}.share` | `${ExitName}.${number}.share`

/** A level that was read. */
export type PlannedLevel = { index: number; price: bigint; qty: bigint }

export type ExitPlan = {
  /** The nearest first. */
  levels: readonly PlannedLevel[]
  /** The price that is sent with the order; null if the shares leave something of the position. */
  attached: bigint | null
  /** The levels that become orders once there is a position. */
  later: readonly PlannedLevel[]
}

/** More would be hard to survey, and each is an order. */
export const LEVELS_MAX = 5

const WHOLE = 100n * SCALE

export function levelsOf({ text, share = '100', more = [] }: Exit): readonly Level[] {
  return [{ text, share }, ...more]
}

/** The field of a level, and that of its share. */
export const levelField = (exit: ExitName, index: number) =>
  index === 0 ? exit : (`${exit}.${index}` as const)
export const shareField = (exit: ExitName, index: number) =>
  index === 0 ? (`${exit}.share` as const) : (`${exit}.${index}.share` as const)

/** Returns whole shares that add up to a hundred: 33, 33, 34. */
export function evenShares(count: number): string[] {
  const each = Math.floor(100 / count)
  return Array.from({ length: count }, (_, i) =>
    String(i === count - 1 ? 100 - each * (count - 1) : each),
  )
}

/** Reports whether a level of several is empty, so that the order can't be sent. */
export function isIncomplete(exit: Exit): boolean {
  const levels = levelsOf(exit)
  return levels.length > 1 && levels.some(({ text }) => text.trim() === '')
}

/** Reads the levels of an exit, and notes the problems of its fields; null without a level. */
export function readExit(
  terms: Terms,
  exit: ExitName,
  problems: Evaluation['problems'],
): ExitPlan | null {
  const levels = levelsOf(terms.draft[exit])
  const shares = readShares(exit, levels, problems)
  if (shares === null) return null
  const total = shares.reduce((sum, share) => sum + share, 0n)
  const qtys = qtysOf(terms, shares, total === WHOLE)
  const read: PlannedLevel[] = []
  for (const [index, level] of levels.entries()) {
    const field = levelField(exit, index)
    const qty = qtys[index] ?? 0n
    if (level.text.trim() === '') continue
    if (qty <= 0n) {
      problems[shareField(exit, index)] = t`Too small: nothing of the size is left for it`
      continue
    }
    const price = readPrice(terms, exit, level.text, qty)
    if (typeof price === 'string') {
      problems[field] = price
      continue
    }
    const problem = priceProblem(terms, exit, price)
    if (problem !== null) problems[field] = problem
    else read.push({ index, price, qty })
  }
  if (read.length === 0 || read.length < levels.length) return null
  const side = terms.draft.orderType
  const isNearer = (a: bigint, b: bigint) =>
    exit === 'takeProfit' ? rules.isWorse(side, a, b) : rules.isWorse(side, b, a)
  const sorted = read.toSorted((a, b) => (isNearer(a.price, b.price) ? -1 : 1))
  const last = total === WHOLE ? sorted.at(-1) : undefined
  return {
    levels: sorted,
    attached: last?.price ?? null,
    later: sorted.filter((level) => level !== last),
  }
}

function readShares(
  exit: ExitName,
  levels: readonly Level[],
  problems: Evaluation['problems'],
): bigint[] | null {
  if (levels.length === 1) return [WHOLE]
  const shares: bigint[] = []
  let sum = 0n
  for (const [index, { share }] of levels.entries()) {
    const parsed = parse(share.replace(/%\s*$/, ''))
    const field = shareField(exit, index)
    if (!parsed.ok) problems[field] = format.capitalized(parsed.problem)
    else if (parsed.value <= 0n) problems[field] = t`Must be above zero`
    else {
      sum += parsed.value
      shares.push(parsed.value)
      const total = format.percent(sum / 100n)
      if (sum > WHOLE) problems[field] = t`The shares add up to ${total}`
    }
  }
  return shares.length === levels.length && sum <= WHOLE ? shares : null
}

/** The quantity of each level. The last one of a whole takes what the roundings leave. */
function qtysOf({ qty, info }: Terms, shares: readonly bigint[], isWhole: boolean): bigint[] {
  const step = qtyStep(info)
  const qtys = shares.map((share) => toStep(mulDiv(qty, share, WHOLE, 'floor'), step, 'floor'))
  if (!isWhole) return qtys
  const others = qtys.slice(0, -1)
  return [...others, others.reduce((left, each) => left - each, qty)]
}

/** Returns the price of a level, or the problem with its text. A loss may be typed without sign. */
function readPrice(terms: Terms, exit: ExitName, text: string, qty: bigint): bigint | string {
  const { draft, info, entry } = terms
  const { unit } = draft[exit]
  const isShare = unit === 'roe' || unit === 'percent'
  const parsed = parse(isShare ? text.replace(/%\s*$/, '') : text)
  if (!parsed.ok) return format.capitalized(parsed.problem)
  const isLoss = exit === 'stopLoss'
  const isSigned = parsed.value < 0n && unit !== 'price' && isLoss
  const value = isSigned ? -parsed.value : parsed.value
  if (value <= 0n) return t`Must be above zero`
  if (unit === 'price') return tickProblem(info, value) ?? value
  const sign = isLoss ? -1n : 1n
  if (unit === 'percent' || unit === 'distance') {
    const way = unit === 'distance' ? value : mulDiv(entry, value, WHOLE, 'floor')
    return atDistance(terms, sign * way)
  }
  const target = unit === 'pnl' ? value : roeTarget(terms, value, qty)
  const price = rules.priceForPnl(draft.orderType, qty, entry, sign * target, priceTick(info))
  return price > 0n ? price : t`No price reaches this amount`
}

/** The P&L of a part of the position that is a share of the margin, in per cent. */
function roeTarget({ margin, qty: whole }: Terms, percent: bigint, qty: bigint): bigint {
  return mulDiv(mulDiv(margin, percent, WHOLE, 'floor'), qty, whole, 'floor')
}

/** The price that far in profit, or in loss, on the tick that loses no more and gains no less. */
function atDistance({ draft, info, entry }: Terms, gain: bigint): bigint | string {
  const isLong = draft.orderType === 'LONG'
  const price = toStep(
    isLong ? entry + gain : entry - gain,
    priceTick(info),
    isLong ? 'ceiling' : 'floor',
  )
  return price > 0n ? price : t`No price is that far away`
}

function priceProblem(terms: Terms, exit: ExitName, price: bigint): string | null {
  const { draft, info, prices, entry, liquidation } = terms
  const { orderType: side } = draft
  const marked = info.triggerPrice === 'MARK' ? prices.mark : null
  if (exit === 'takeProfit') {
    const reference = marked ? rules.closePrice(side, marked) : entry
    const problem = rules.takeProfitProblem(side, price, reference)
    return problem && takeProfitWords(side, info.asset, reference)
  }
  const reference = rules.closePrice(side, marked ?? prices.quote)
  const problem = rules.stopLossProblem(side, price, reference, liquidation)
  return problem && stopLossWords(problem, side, info.asset, reference, liquidation)
}
