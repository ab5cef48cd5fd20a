/** Evaluates the order form into an order, its preview and the problem of each field. Pure. */

import type { OpenRequest } from '@/api/schema'
import * as costs from '@/costs'
import { liquidationAtOpening, maxLeverageAt } from '@/costs'
import { mulDiv, parse, print, SCALE } from '@/decimal'
import * as format from '@/format'
import type { Mark } from '@/live/frames'
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
  /** The fee of opening. */
  fee: bigint
  /** What the next funding would pay at its present rate, below zero for a payment; null if unknown. */
  funding: bigint | null
  liquidation: bigint
  /** The loss with all fees at the stop-loss, or else at liquidation; a gap can cost the margin. */
  maxLoss: bigint
  stopLoss: ExitPreview | null
  takeProfit: ExitPreview | null
}

export type ExitPreview = { price: bigint; pnl: bigint }

export type Evaluation = {
  /** The entry price; null until there is a quote. */
  entry: bigint | null
  liquidation: bigint | null
  /** The highest leverage at this size. */
  maxLeverage: number
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
  mark: Mark | null = null,
): Evaluation {
  const { maxLeverage } = info
  const leverage = readLeverage(draft.leverageText, maxLeverage)
  const problems: Evaluation['problems'] = {}
  if (leverage === null) problems.leverage = `Enter a whole number from 1 to ${maxLeverage}`
  const nothing: Evaluation = {
    entry: null,
    liquidation: null,
    maxLeverage,
    preview: null,
    problems,
    request: null,
  }
  if (!quote) return nothing

  const entry = rules.openPrice(draft.orderType, quote)
  const size = readSize(draft, info, entry)
  const { qty } = size
  const allowed = qty === null ? maxLeverage : maxLeverageAt(info, rules.notional(qty, entry))
  const sized = { ...nothing, entry, maxLeverage: allowed || maxLeverage }
  if (leverage === null) return sized
  const liquidation = liquidationAtOpening(info, draft.orderType, entry, leverage, qty)
  const prices = { quote, mark: mark && { bid: mark.price, ask: mark.price } }
  if (liquidation !== null && isLiquidatedAtOnce(draft.orderType, info, prices, liquidation)) {
    const reason = info.liquidationModel === 'MAINTENANCE' ? 'The mark price' : 'The spread alone'
    problems.leverage = `${reason} would liquidate this position; use lower leverage`
  }
  if (leverage > allowed && allowed > 0) problems.leverage = `At this size at most ${allowed}×`
  if (size.problem) problems.size = size.problem
  const known = { ...sized, liquidation }
  if (qty === null || liquidation === null || problems.size) return known

  const margin = rules.margin(qty, entry, leverage)
  const fee = costs.fee(qty, entry, info.takerFeePpm)
  const sizeProblem = checkSize(qty, entry, leverage, margin, fee, free)
  if (sizeProblem) problems.size = sizeProblem
  if (allowed === 0) problems.size = tooLarge(info)
  const terms = { draft, info, prices, entry, liquidation, qty, margin, fee, mark }
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

/** The bid and ask, and the mark price as both where it is known. */
type Prices = { quote: rules.Quote; mark: rules.Quote | null }

/** Reports whether the present price that liquidates is at or beyond the liquidation price. */
function isLiquidatedAtOnce(
  side: rules.Side,
  { liquidationModel }: AssetInfo,
  { quote, mark }: Prices,
  liquidation: bigint,
): boolean {
  const reached = (liquidationModel === 'MAINTENANCE' && mark) || quote
  return !rules.isWorse(side, liquidation, rules.closePrice(side, reached))
}

function tooLarge({ brackets }: AssetInfo): string {
  const highest = brackets.at(-1)?.notionalCap ?? 0n
  return `Too large: at most ${format.usd(highest)} USD`
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
  const qty = costs.qtyForMoney(money, entry, leverage, info.takerFeePpm, qtyStep(info))
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
  fee: bigint,
  free: bigint | null,
): string | null {
  if (rules.marginVanishes(qty, entry, leverage)) return 'Too small: the margin would be zero'
  if (!rules.fits(qty, entry, leverage)) return 'Out of range'
  if (free !== null && margin + fee > free) {
    const needed = `${format.usd(margin + fee, 'ceiling')} USD of margin${fee > 0n ? ' and fee' : ''}`
    return `Needs ${needed}; ${format.usd(free)} USD available`
  }
  return null
}

type Terms = {
  draft: Draft
  info: AssetInfo
  prices: Prices
  entry: bigint
  liquidation: bigint
  qty: bigint
  margin: bigint
  fee: bigint
  mark: Mark | null
}

type Problems = Evaluation['problems']

function readStopLoss(terms: Terms, problems: Problems): bigint | null {
  const { draft, info, prices, liquidation } = terms
  const read = readExit(terms, draft.stopLoss, -1n)
  if (read === null) return null
  if (typeof read === 'string') {
    problems.stopLoss = read
    return null
  }
  const reached = (info.triggerPrice === 'MARK' && prices.mark) || prices.quote
  const reference = rules.closePrice(draft.orderType, reached)
  const problem = rules.stopLossProblem(draft.orderType, read, reference, liquidation)
  if (problem)
    problems.stopLoss = stopLossWords(problem, draft.orderType, info.asset, reference, liquidation)
  return read
}

function readTakeProfit(terms: Terms, problems: Problems): bigint | null {
  const { draft, info, prices, entry } = terms
  const read = readExit(terms, draft.takeProfit, 1n)
  if (read === null) return null
  if (typeof read === 'string') {
    problems.takeProfit = read
    return null
  }
  const marked = info.triggerPrice === 'MARK' && prices.mark
  const reference = marked ? rules.closePrice(draft.orderType, marked) : entry
  if (rules.takeProfitProblem(draft.orderType, read, reference)) {
    problems.takeProfit = takeProfitWords(draft.orderType, info.asset, reference)
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
  const { draft, prices, entry, liquidation, qty, margin, fee } = terms
  const pnlAt = (price: bigint) => rules.pnl(draft.orderType, qty, entry, price)
  const exitAt = (price: bigint | null) =>
    price === null ? null : { price, pnl: rules.finalPnl(pnlAt(price), margin) }
  return {
    qty,
    entry,
    margin,
    notional: rules.notional(qty, entry),
    spreadCost: -pnlAt(rules.closePrice(draft.orderType, prices.quote)),
    fee,
    funding: nextFunding(terms),
    liquidation,
    maxLoss: maxLoss(terms, stopLoss),
    stopLoss: exitAt(stopLoss),
    takeProfit: exitAt(takeProfit),
  }
}

/** The next funding at the mark price and the rate of now. */
function nextFunding({ draft, info, qty, mark }: Terms): bigint | null {
  if (!info.funding || mark?.fundingRate == null) return null
  const rate = costs.cappedRate(mark.fundingRate, info.funding.capPpm)
  return costs.funding(draft.orderType, qty, mark.price, rate)
}

/** The fees of a close come from what is left of the margin, that of the opening does not. */
function maxLoss(terms: Terms, stopLoss: bigint | null): bigint {
  const { draft, info, entry, liquidation, qty, margin, fee } = terms
  const price = stopLoss ?? liquidation
  const liquidationFeePpm = stopLoss === null ? info.liquidationFeePpm : 0
  const fees = costs.fee(qty, price, info.takerFeePpm) + costs.fee(qty, price, liquidationFeePpm)
  const pnl = rules.pnl(draft.orderType, qty, entry, price) - fees
  const loss = fee - rules.finalPnl(pnl, margin)
  return loss > 0n ? loss : 0n
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
