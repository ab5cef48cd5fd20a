/** Evaluates the order form into an order, its preview and the problem of each field. Pure. */

import { t } from '@lingui/core/macro'
import type { OrderKind, PlaceRequest, TimeInForce } from '@/api/schema'
import * as costs from '@/costs'
import { liquidationAtOpening, maxLeverageAt } from '@/costs'
import { mulDiv, print } from '@/decimal'
import * as format from '@/format'
import {
  type Exit,
  type ExitField,
  type ExitPlan,
  isIncomplete,
  type PlannedLevel,
  readExit,
} from '@/features/ticket/levels'
import {
  type Clock,
  hasPrice,
  type Kind,
  readTerms,
  type Terms as OrderTerms,
  type TermsField,
} from '@/features/ticket/order-terms'
import { type Preview, previewOf, type Prices, type Terms } from '@/features/ticket/previews'
import { openingProblem, readLeverage, readSize, type Size } from '@/features/ticket/size'
import { reducingWarnings, type Warning, warningsOf } from '@/features/ticket/warnings'
import type { Mark } from '@/live/frames'
import type { AssetInfo } from '@/markets'
import * as rules from '@/rules'
import { type Position, pnlAt } from '@/trading/account'
import type { ExitName } from '@/trading/exits'

export type SizeUnit = 'base' | 'usd' | 'share'

export type Draft = {
  orderType: rules.Side
  kind: Kind
  priceText: string
  triggerText: string
  callbackText: string
  timeInForce: TimeInForce
  expiresText: string
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

export type FieldName = 'size' | 'leverage' | ExitField | TermsField

/** The way in which the account's orders make positions. */
export type Mode = 'separate' | 'one_way' | 'hedge'

/** A level that is placed as an order of its own. */
export type LaterLevel = PlannedLevel & { exit: ExitName }

export type Evaluation = {
  /** The entry price; null until there is a quote. */
  entry: bigint | null
  liquidation: bigint | null
  /** The highest leverage at this size. */
  maxLeverage: number
  preview: Preview | null
  problems: Partial<Record<FieldName, string>>
  warnings: readonly Warning[]
  /** What the order is: a stop whose trigger lies the other way is a take-profit. */
  type: OrderKind
  /** A sentence that says when the order fills. */
  words: string | null
  leverage: number | null
  /** The size that is sent. */
  qty: bigint | null
  request: PlaceRequest | null
  /** What is placed once the order has opened a position. */
  later: readonly LaterLevel[]
}

/** What else an order depends on: a position that it meets, and the time. */
export type Around = { held: Position | null; clock: Clock }

const ALONE: Around = { held: null, clock: { now: 0, zone: 'utc' } }

export function evaluate(
  draft: Draft,
  info: AssetInfo,
  quote: rules.Quote | null,
  free: bigint | null,
  mark: Mark | null = null,
  mode: Mode = 'separate',
  around: Around = ALONE,
): Evaluation {
  const { maxLeverage } = info
  const leverage = readLeverage(draft.leverageText, maxLeverage)
  const problems: Evaluation['problems'] = {}
  if (leverage === null) problems.leverage = t`Enter a whole number from 1 to ${maxLeverage}`
  const nothing: Evaluation = {
    entry: null,
    liquidation: null,
    maxLeverage,
    preview: null,
    problems,
    warnings: [],
    type: draft.kind,
    words: null,
    leverage,
    qty: null,
    request: null,
    later: [],
  }
  if (!quote) return nothing

  const isMark = info.triggerPrice === 'MARK' && mark !== null
  const reached = isMark ? { bid: mark.price, ask: mark.price } : quote
  const order = readTerms(draft, info, quote, reached, around.clock)
  Object.assign(problems, order.problems)
  const { entry, type, words } = order
  if (entry === null) {
    // A size that can't be read is wrong at any price.
    const { problem } = readSize(draft, info, rules.openPrice(draft.orderType, quote), {
      free,
      reduces: null,
    })
    return { ...nothing, type, words, problems: { ...problems, ...(problem && { size: problem }) } }
  }
  const netted = nettedWith(draft, mode, around.held)
  const size = readSize(draft, info, entry, { free, reduces: reducedBy(draft, mode, netted) })
  const { qty: sent } = size
  const known: Evaluation = { ...nothing, entry, type, words, qty: sent }
  if (draft.isReduceOnly && mode !== 'separate') {
    return reducing(draft, info, mode, { order, size, held: netted.reduced }, known)
  }
  const opens = sent === null || !netted.reduced ? sent : sent - netted.reduced.qty
  if (opens !== null && opens <= 0n) {
    return reducing(draft, info, mode, { order, size, held: netted.reduced }, known)
  }
  return opening({ draft, info, mode, mark, free, quote, order, entry, size, netted, opens, known })
}

type Netted = { adds: Position | null; reduced: Position | null }

type Order = {
  draft: Draft
  info: AssetInfo
  mode: Mode
  mark: Mark | null
  free: bigint | null
  quote: rules.Quote
  order: OrderTerms
  entry: bigint
  size: Size
  netted: Netted
  /** What is left of the size for a new position. */
  opens: bigint | null
  known: Evaluation
}

/** Evaluates an order that opens a position or adds to one. */
function opening(arrived: Order): Evaluation {
  const { draft, info, mode, mark, free, quote, order, entry, size, netted, opens: qty } = arrived
  const { problems, leverage, maxLeverage } = arrived.known
  const after = qty === null ? null : positionAfter(draft.orderType, netted.adds, qty, entry)
  const allowed = after === null ? maxLeverage : maxLeverageAt(info, after.notional)
  const sized = { ...arrived.known, maxLeverage: allowed || maxLeverage }
  if (leverage === null) return sized
  const liquidation = liquidationAfter(arrived, leverage)
  const prices = order.isImmediate
    ? { quote, mark: mark && { bid: mark.price, ask: mark.price } }
    : { quote: shifted(draft.orderType, quote, entry), mark: null }
  if (liquidation !== null && isLiquidatedAtOnce(draft.orderType, info, prices, liquidation)) {
    problems.leverage =
      info.liquidationModel === 'MAINTENANCE'
        ? t`The mark price would liquidate this position; use lower leverage`
        : t`The spread alone would liquidate this position; use lower leverage`
  }
  if (leverage > allowed && allowed > 0) problems.leverage = t`At this size at most ${allowed}×`
  if (size.problem) problems.size = size.problem
  const known = { ...sized, liquidation }
  if (qty === null || size.qty === null || liquidation === null || problems.size) return known

  const margin = rules.margin(qty, entry, leverage)
  const isMaker = hasPrice(draft.kind) && !order.isImmediate
  const fee = costs.fee(qty, entry, isMaker ? info.makerFeePpm : info.takerFeePpm)
  const spare = free === null ? null : free + released(netted.reduced, quote, info)
  const sizeProblem = openingProblem(info, { qty, entry, leverage, margin, fee, free: spare })
  if (sizeProblem) problems.size = sizeProblem
  if (allowed === 0) problems.size = tooLarge(info)
  const held = netted.adds ?? netted.reduced
  const read = { draft, info, mode, order, prices, entry, liquidation, qty, margin, fee, mark }
  const terms: Terms = { ...read, sent: size.qty, held }
  const stopLoss = readExit(terms, 'stopLoss', problems)
  const takeProfit = readExit(terms, 'takeProfit', problems)
  const preview = previewOf(terms, stopLoss, takeProfit)
  const isWhole = !isIncomplete(draft.stopLoss) && !isIncomplete(draft.takeProfit)
  const isRight = Object.keys(problems).length === 0 && isWhole
  return {
    ...known,
    preview,
    warnings: warningsOf(terms, preview, leverage),
    request: isRight && order.request ? requestOf(terms, leverage, preview) : null,
    later: [...laterOf('stopLoss', stopLoss), ...laterOf('takeProfit', takeProfit)],
  }
}

function laterOf(exit: ExitName, plan: ExitPlan | null): LaterLevel[] {
  return (plan?.later ?? []).map((level) => ({ ...level, exit }))
}

/** The position that an order meets: one that it adds to, or one that it reduces. */
export function nettedWith(
  { orderType, isReduceOnly }: Draft,
  mode: Mode,
  held: Position | null,
): Netted {
  if (mode === 'separate' || !held) return { adds: null, reduced: null }
  const isSame = held.orderType === orderType
  if (isSame) return { adds: isReduceOnly ? null : held, reduced: null }
  return { adds: null, reduced: mode === 'one_way' || isReduceOnly ? held : null }
}

/** The size of the position of which a share is meant; null if it is one of the free margin. */
export function reducedBy(draft: Draft, mode: Mode, { reduced }: Netted): bigint | null {
  return draft.isReduceOnly && mode !== 'separate' ? (reduced?.qty ?? null) : null
}

/** Returns where the order is expected to fill, or else the price of a market order. */
export function entryOf(draft: Draft, info: AssetInfo, quote: rules.Quote): bigint {
  const { entry } = readTerms(draft, info, quote, quote, ALONE.clock)
  return entry ?? rules.openPrice(draft.orderType, quote)
}

/** The average entry and the value of a position once an order has filled. */
function positionAfter(side: rules.Side, adds: Position | null, qty: bigint, price: bigint) {
  if (!adds) return { qty, entry: price, notional: rules.notional(qty, price) }
  const entry = rules.averageEntry(side, [adds.qty, adds.executionPrice], [qty, price])
  const whole = adds.qty + qty
  return { qty: whole, entry, notional: rules.notional(whole, entry) }
}

function liquidationAfter(arrived: Order, leverage: number): bigint | null {
  const { draft, info, entry, netted, opens: qty } = arrived
  const side = draft.orderType
  if (!netted.adds || qty === null) return liquidationAtOpening(info, side, entry, leverage, qty)
  const after = positionAfter(side, netted.adds, qty, entry)
  // Another leverage changes the margin of what is open, too.
  const { leverage: before, qty: heldQty, executionPrice } = netted.adds
  const isSame = before === leverage
  const held = isSame ? netted.adds.margin : rules.margin(heldQty, executionPrice, leverage)
  const margin = held + rules.margin(qty, entry, leverage)
  return costs.liquidationWithMargin(info, side, after.entry, margin, after.qty)
}

/** What the close of a position gives back to the free margin, at the least. */
function released(reduced: Position | null, quote: rules.Quote, info: AssetInfo): bigint {
  if (!reduced) return 0n
  const close = rules.closePrice(reduced.orderType, quote)
  const fee = costs.fee(reduced.qty, close, info.takerFeePpm)
  const left = reduced.margin + rules.finalPnl(pnlAt(reduced, quote), reduced.margin) - fee
  return left > 0n ? left : 0n
}

/** Returns the quote with which a later order would fill at `entry`: with the spread of now, a share. */
function shifted(side: rules.Side, { bid, ask }: rules.Quote, entry: bigint): rules.Quote {
  return side === 'LONG'
    ? { bid: mulDiv(entry, bid, ask, 'floor'), ask: entry }
    : { bid: entry, ask: mulDiv(entry, ask, bid, 'ceiling') }
}

type Reducing = { order: OrderTerms; size: Size; held: Position | null }

/** An order that reduces takes no margin, and its leverage and exits are those of the position. */
function reducing(
  draft: Draft,
  info: AssetInfo,
  mode: Mode,
  { order, size: { qty, problem }, held }: Reducing,
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
        ...(draft.isReduceOnly ? { reduceOnly: true } : {}),
      }
    : null
  return { ...known, problems, request, warnings: reducingWarnings(draft, info, order, held) }
}

/** The side of the order and, in hedge mode, that of the position it works for. */
export function sideOf(
  { orderType, isReduceOnly }: Pick<Draft, 'orderType' | 'isReduceOnly'>,
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
  const highest = format.usd(brackets.at(-1)?.notionalCap ?? 0n)
  return t`Too large: at most ${highest} USD`
}

function requestOf(terms: Terms, leverage: number, preview: Preview): PlaceRequest {
  const { draft, info, mode, order, sent } = terms
  const { stopLoss, takeProfit } = preview
  return {
    asset: info.asset,
    ...sideOf({ ...draft, isReduceOnly: false }, mode),
    ...order.request,
    // Where orders are netted, the leverage is a setting of the account.
    ...(mode === 'separate' ? { leverage } : {}),
    qty: print(sent),
    ...(stopLoss?.attached != null ? { stopLoss: print(stopLoss.attached) } : {}),
    ...(takeProfit?.attached != null ? { takeProfit: print(takeProfit.attached) } : {}),
  }
}
