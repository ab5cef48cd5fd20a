/** Evaluates the order form into an order, its preview and the problem of each field. Pure. */

import type { PlaceRequest, TimeInForce } from '@/api/schema'
import * as costs from '@/costs'
import { liquidationAtOpening, maxLeverageAt } from '@/costs'
import { fixed, mulDiv, parse, print, SCALE } from '@/decimal'
import * as format from '@/format'
import {
  hasPrice,
  type Kind,
  readTerms,
  type Terms as OrderTerms,
  type TermsField,
} from '@/features/ticket/order-terms'
import { type Preview, previewOf, type Prices, type Terms } from '@/features/ticket/previews'
import type { Mark } from '@/live/frames'
import { type AssetInfo, priceTick, qtyStep } from '@/markets'
import * as rules from '@/rules'
import { readAbove } from '@/trading/read-amount'
import { stopLossWords, takeProfitWords } from '@/trading/exits'

export type SizeUnit = 'base' | 'usd'
export type ExitUnit = 'price' | 'pnl' | 'roe'

export type Exit = { text: string; unit: ExitUnit }

export type Draft = {
  orderType: rules.Side
  kind: Kind
  priceText: string
  triggerText: string
  callbackText: string
  timeInForce: TimeInForce
  /** Whether the order may only reduce a position, where orders are netted. */
  isReduceOnly: boolean
  sizeText: string
  sizeUnit: SizeUnit
  /** The share of the free margin, in per cent, from which the size was computed. */
  share: number | null
  leverageText: string
  stopLoss: Exit
  takeProfit: Exit
}

export type FieldName = 'size' | 'leverage' | 'stopLoss' | 'takeProfit' | TermsField

/** The way in which the account's orders make positions. */
export type Mode = 'separate' | 'one_way' | 'hedge'

export type Evaluation = {
  /** The entry price; null until there is a quote. */
  entry: bigint | null
  liquidation: bigint | null
  /** The highest leverage at this size. */
  maxLeverage: number
  preview: Preview | null
  problems: Partial<Record<FieldName, string>>
  /** A sentence that says when the order fills. */
  words: string | null
  leverage: number | null
  request: PlaceRequest | null
}

/** The reserve that 100 % keeps (per mille): the price moves while the order is in flight. */
const RESERVE_PER_MILLE = 1n

export function evaluate(
  draft: Draft,
  info: AssetInfo,
  quote: rules.Quote | null,
  free: bigint | null,
  mark: Mark | null = null,
  mode: Mode = 'separate',
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
    words: null,
    leverage,
    request: null,
  }
  if (!quote) return nothing

  const order = termsOf(draft, info, quote, mark)
  Object.assign(problems, order.problems)
  const { entry, words } = order
  if (entry === null) return { ...nothing, problems }
  const size = readSize(draft, info, entry)
  const { qty } = size
  const allowed = qty === null ? maxLeverage : maxLeverageAt(info, rules.notional(qty, entry))
  const sized = { ...nothing, entry, words, maxLeverage: allowed || maxLeverage }
  if (draft.isReduceOnly && mode !== 'separate')
    return reducing(draft, info, mode, order, size, sized)
  if (leverage === null) return sized
  const liquidation = liquidationAtOpening(info, draft.orderType, entry, leverage, qty)
  const prices = order.isImmediate
    ? { quote, mark: mark && { bid: mark.price, ask: mark.price } }
    : { quote: shifted(draft.orderType, quote, entry), mark: null }
  if (liquidation !== null && isLiquidatedAtOnce(draft.orderType, info, prices, liquidation)) {
    const reason = info.liquidationModel === 'MAINTENANCE' ? 'The mark price' : 'The spread alone'
    problems.leverage = `${reason} would liquidate this position; use lower leverage`
  }
  if (leverage > allowed && allowed > 0) problems.leverage = `At this size at most ${allowed}×`
  if (size.problem) problems.size = size.problem
  const known = { ...sized, liquidation }
  if (qty === null || liquidation === null || problems.size) return known

  const margin = rules.margin(qty, entry, leverage)
  const isMaker = hasPrice(draft.kind) && !order.isImmediate
  const fee = costs.fee(qty, entry, isMaker ? info.makerFeePpm : info.takerFeePpm)
  const sizeProblem = checkSize(qty, entry, leverage, margin, fee, free)
  if (sizeProblem) problems.size = sizeProblem
  if (allowed === 0) problems.size = tooLarge(info)
  const terms = { draft, info, mode, order, prices, entry, liquidation, qty, margin, fee, mark }
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

/** Reads the prices of the order's kind. */
function termsOf(draft: Draft, info: AssetInfo, quote: rules.Quote, mark: Mark | null): OrderTerms {
  const isMark = info.triggerPrice === 'MARK' && mark !== null
  return readTerms(draft, info, quote, isMark ? { bid: mark.price, ask: mark.price } : quote)
}

/** Returns where the order is expected to fill, or else the price of a market order. */
export function entryOf(draft: Draft, info: AssetInfo, quote: rules.Quote): bigint {
  return readTerms(draft, info, quote, quote).entry ?? rules.openPrice(draft.orderType, quote)
}

/** Returns the quote with which a later order would fill at `entry`: with the spread of now, a share. */
function shifted(side: rules.Side, { bid, ask }: rules.Quote, entry: bigint): rules.Quote {
  return side === 'LONG'
    ? { bid: mulDiv(entry, bid, ask, 'floor'), ask: entry }
    : { bid: entry, ask: mulDiv(entry, ask, bid, 'ceiling') }
}

/** An order that reduces takes no margin, and its leverage and exits are those of the position. */
function reducing(
  draft: Draft,
  info: AssetInfo,
  mode: Mode,
  order: OrderTerms,
  { qty, problem }: Size,
  known: Evaluation,
): Evaluation {
  const { leverage: _, ...others } = known.problems
  const problems = { ...others, ...(problem ? { size: problem } : {}) }
  const isRight = qty !== null && order.request && Object.keys(problems).length === 0
  const request: PlaceRequest | null = isRight
    ? {
        asset: info.asset,
        ...sideOf(draft, mode),
        ...order.request,
        qty: print(qty),
        reduceOnly: true,
      }
    : null
  return { ...known, problems, request }
}

/** The side of the order and, in hedge mode, that of the position it works for. */
function sideOf(
  { orderType, isReduceOnly }: Draft,
  mode: Mode,
): Pick<PlaceRequest, 'side' | 'positionSide'> {
  const side = orderType === 'LONG' ? 'BUY' : 'SELL'
  if (mode !== 'hedge') return { side }
  const isLong = (orderType === 'LONG') !== isReduceOnly
  return { side, positionSide: isLong ? 'LONG' : 'SHORT' }
}

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
  const entry = entryOf(draft, info, quote)
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
  return fixed(rules.notional(qty, entry, 'nearest'), 2, 'nearest').replaceAll(',', '')
}

export function readLeverage(text: string, max: number): number | null {
  if (!/^\d+$/.test(text.trim())) return null
  const leverage = Number(text)
  return leverage >= 1 && leverage <= max ? leverage : null
}

type Size = { qty: bigint | null; problem?: string }

function readSize(draft: Draft, info: AssetInfo, entry: bigint): Size {
  if (draft.sizeText.trim() === '') return { qty: null }
  const { value, problem } = readAbove(draft.sizeText)
  if (value === null) return { qty: null, problem }
  if (draft.sizeUnit === 'base') return { qty: value }
  const qty = rules.qtyForNotional(value, entry, qtyStep(info))
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

function requestOf(terms: Terms, leverage: number, preview: Preview): PlaceRequest {
  const { draft, info, mode, order, qty } = terms
  return {
    asset: info.asset,
    ...sideOf({ ...draft, isReduceOnly: false }, mode),
    ...order.request,
    // Where orders are netted, the leverage is a setting of the account.
    ...(mode === 'separate' ? { leverage } : {}),
    qty: print(qty),
    ...(preview.stopLoss ? { stopLoss: print(preview.stopLoss.price) } : {}),
    ...(preview.takeProfit ? { takeProfit: print(preview.takeProfit.price) } : {}),
  }
}
