/** Evaluates the order form into an order, its preview and the problem of each field. Pure. */

import type { OpenRequest } from '@/api/schema'
import { mulDiv, parse, print, SCALE } from '@/decimal'
import * as format from '@/format'
import { type AssetInfo, priceTick, qtyStep } from '@/markets'
import * as rules from '@/rules'
import { stopLossWords, takeProfitWords } from '@/trading/exits'

export type SizeUnit = 'base' | 'usd'
export type ExitUnit = 'price' | 'pnl' | 'roe'

export type Exit = { text: string; unit: ExitUnit }

export type Draft = {
  orderType: rules.Side
  sizeText: string
  sizeUnit: SizeUnit
  /** The share of the free margin, in per cent, from which the size was computed. */
  share: number | null
  leverageText: string
  stopLoss: Exit
  takeProfit: Exit
}

export type FieldName = 'size' | 'leverage' | 'stopLoss' | 'takeProfit'

export type Preview = {
  qty: bigint
  entry: bigint
  margin: bigint
  notional: bigint
  /** The loss of an immediate close. */
  spreadCost: bigint
  liquidation: bigint
  /** The loss at the stop-loss, or else at liquidation; a gap can cost the whole margin. */
  maxLoss: bigint
  stopLoss: ExitPreview | null
  takeProfit: ExitPreview | null
}

export type ExitPreview = { price: bigint; pnl: bigint }

export type Evaluation = {
  /** The entry price; null until there is a quote. */
  entry: bigint | null
  liquidation: bigint | null
  preview: Preview | null
  problems: Partial<Record<FieldName, string>>
  request: OpenRequest | null
}

/** The reserve that 100 % keeps (per mille): the price moves while the order is in flight. */
const RESERVE_PER_MILLE = 1n

export function evaluate(
  draft: Draft,
  info: AssetInfo,
  quote: rules.Quote | null,
  free: bigint | null,
): Evaluation {
  const { maxLeverage, liquidationLossBps: lossBps } = info
  const leverage = readLeverage(draft.leverageText, maxLeverage)
  const problems: Evaluation['problems'] = {}
  if (leverage === null) problems.leverage = `Enter a whole number from 1 to ${maxLeverage}`
  const nothing = { entry: null, liquidation: null, preview: null, problems, request: null }
  if (!quote) return nothing

  const entry = rules.openPrice(draft.orderType, quote)
  if (leverage === null) return { ...nothing, entry }
  const liquidation = rules.liquidationPrice(draft.orderType, entry, leverage, lossBps)
  if (rules.isLiquidatedAtOnce(draft.orderType, quote, leverage, lossBps)) {
    problems.leverage = 'The spread alone would liquidate this position; use lower leverage'
  }
  const size = readSize(draft, info, entry)
  if (size.problem) problems.size = size.problem
  const { qty } = size
  const known = { ...nothing, entry, liquidation }
  if (qty === null || problems.size) return known

  const margin = rules.margin(qty, entry, leverage)
  const sizeProblem = checkSize(qty, entry, leverage, margin, free)
  if (sizeProblem) problems.size = sizeProblem
  const terms = { draft, info, quote, entry, liquidation, qty, margin }
  const stopLoss = readStopLoss(terms, problems)
  const takeProfit = readTakeProfit(terms, problems)
  const preview = previewOf(
    terms,
    problems.stopLoss ? null : stopLoss,
    problems.takeProfit ? null : takeProfit,
  )
  const isRight = Object.keys(problems).length === 0
  return { ...known, preview, request: isRight ? requestOf(terms, leverage, preview) : null }
}

/** Returns the size, as text for its field, that uses a share of the free margin. */
export function sizeForShare(
  draft: Draft,
  info: AssetInfo,
  quote: rules.Quote,
  free: bigint,
  sharePercent: number,
): string {
  const leverage = readLeverage(draft.leverageText, info.maxLeverage) ?? 1
  const entry = rules.openPrice(draft.orderType, quote)
  const kept = sharePercent === 100 ? mulDiv(free, RESERVE_PER_MILLE, 1000n, 'ceiling') : 0n
  const money = mulDiv(free - kept, BigInt(sharePercent), 100n, 'floor')
  const qty = rules.qtyForMargin(money, entry, leverage, qtyStep(info))
  if (draft.sizeUnit === 'base') return print(qty)
  const cent = SCALE / 100n
  return print((rules.notional(qty, entry, 'ceiling') / cent) * cent)
}

/** Converts the size to the other unit. */
export function convertSize(draft: Draft, info: AssetInfo, entry: bigint, to: SizeUnit): string {
  const { qty } = readSize(draft, info, entry)
  if (qty === null || to === draft.sizeUnit) return draft.sizeText
  if (to === 'base') return print(qty)
  return format.usd(rules.notional(qty, entry, 'nearest'), 'nearest').replaceAll(',', '')
}

export function readLeverage(text: string, max: number): number | null {
  if (!/^\d+$/.test(text.trim())) return null
  const leverage = Number(text)
  return leverage >= 1 && leverage <= max ? leverage : null
}

type Size = { qty: bigint | null; problem?: string }

function readSize(draft: Draft, info: AssetInfo, entry: bigint): Size {
  if (draft.sizeText.trim() === '') return { qty: null }
  const parsed = parse(draft.sizeText)
  if (!parsed.ok) return { qty: null, problem: format.capitalized(parsed.problem) }
  if (parsed.value <= 0n) return { qty: null, problem: 'Must be above zero' }
  if (draft.sizeUnit === 'base') return { qty: parsed.value }
  const qty = rules.qtyForNotional(parsed.value, entry, qtyStep(info))
  if (qty > 0n) return { qty }
  const least = rules.notional(qtyStep(info), entry, 'ceiling')
  return { qty: null, problem: `Minimum ${format.usd(least, 'ceiling')} USD` }
}

function checkSize(
  qty: bigint,
  entry: bigint,
  leverage: number,
  margin: bigint,
  free: bigint | null,
): string | null {
  if (rules.marginVanishes(qty, entry, leverage)) return 'Too small: the margin would be zero'
  if (!rules.fits(qty, entry, leverage)) return 'Out of range'
  if (free !== null && margin > free) {
    return `Needs ${format.usd(margin, 'ceiling')} USD of margin; ${format.usd(free)} USD available`
  }
  return null
}

type Terms = {
  draft: Draft
  info: AssetInfo
  quote: rules.Quote
  entry: bigint
  liquidation: bigint
  qty: bigint
  margin: bigint
}

type Problems = Evaluation['problems']

function readStopLoss(terms: Terms, problems: Problems): bigint | null {
  const { draft, info, quote, liquidation } = terms
  const read = readExit(terms, draft.stopLoss, -1n)
  if (read === null) return null
  if (typeof read === 'string') {
    problems.stopLoss = read
    return null
  }
  const reference = rules.closePrice(draft.orderType, quote)
  const problem = rules.stopLossProblem(draft.orderType, read, reference, liquidation)
  if (problem)
    problems.stopLoss = stopLossWords(problem, draft.orderType, info.asset, reference, liquidation)
  return read
}

function readTakeProfit(terms: Terms, problems: Problems): bigint | null {
  const { draft, info, entry } = terms
  const read = readExit(terms, draft.takeProfit, 1n)
  if (read === null) return null
  if (typeof read === 'string') {
    problems.takeProfit = read
    return null
  }
  if (rules.takeProfitProblem(draft.orderType, read, entry)) {
    problems.takeProfit = takeProfitWords(draft.orderType, info.asset, entry)
  }
  return read
}

/** Returns the price of an exit, or the problem with its text. A loss may be typed without sign. */
function readExit(terms: Terms, exit: Exit, sign: 1n | -1n): bigint | string | null {
  if (exit.text.trim() === '') return null
  const parsed = parse(exit.unit === 'roe' ? exit.text.replace(/%\s*$/, '') : exit.text)
  if (!parsed.ok) return format.capitalized(parsed.problem)
  const value =
    parsed.value < 0n && exit.unit !== 'price' && sign < 0n ? -parsed.value : parsed.value
  if (value <= 0n) return 'Must be above zero'
  if (exit.unit === 'price') return value
  const { draft, entry, qty, margin, info } = terms
  const target = exit.unit === 'pnl' ? value : mulDiv(margin, value, 100n * SCALE, 'floor')
  const price = rules.priceForPnl(draft.orderType, qty, entry, sign * target, priceTick(info))
  return price > 0n ? price : 'No price reaches this amount'
}

function previewOf(terms: Terms, stopLoss: bigint | null, takeProfit: bigint | null): Preview {
  const { draft, quote, entry, liquidation, qty, margin } = terms
  const pnlAt = (price: bigint) => rules.pnl(draft.orderType, qty, entry, price)
  const exitAt = (price: bigint | null) =>
    price === null ? null : { price, pnl: rules.finalPnl(pnlAt(price), margin) }
  const worst = rules.finalPnl(pnlAt(stopLoss ?? liquidation), margin)
  return {
    qty,
    entry,
    margin,
    notional: rules.notional(qty, entry),
    spreadCost: -pnlAt(rules.closePrice(draft.orderType, quote)),
    liquidation,
    maxLoss: worst < 0n ? -worst : 0n,
    stopLoss: exitAt(stopLoss),
    takeProfit: exitAt(takeProfit),
  }
}

function requestOf({ draft, info, qty }: Terms, leverage: number, preview: Preview): OpenRequest {
  return {
    asset: info.asset,
    orderType: draft.orderType,
    leverage,
    qty: print(qty),
    ...(preview.stopLoss ? { stopLoss: print(preview.stopLoss.price) } : {}),
    ...(preview.takeProfit ? { takeProfit: print(preview.takeProfit.price) } : {}),
  }
}
