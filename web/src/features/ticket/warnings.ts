/** What a trader should know before an order is sent, though it may be sent. Pure. */

import { t } from '@lingui/core/macro'
import { parse, SCALE } from '@/decimal'
import * as format from '@/format'
import type { Draft } from '@/features/ticket/evaluate'
import { type Terms as OrderTerms, hasTrigger } from '@/features/ticket/order-terms'
import type { ExitPreview, Preview, Terms } from '@/features/ticket/previews'
import type { AssetInfo } from '@/markets'
import * as rules from '@/rules'
import type { Position } from '@/trading/account'

export type Warning = {
  id:
    | 'costs'
    | 'near'
    | 'farLimit'
    | 'uncovered'
    | 'unprofitable'
    | 'replaced'
    | 'leverage'
    | 'beyond'
    | 'nothing'
    | 'reduces'
  text: string
}

/** The share of the margin above which spread and fees are worth a word. */
const COSTS = (SCALE * 2n) / 100n
/** The way to liquidation, as a ratio of the price, below which it is. */
const NEAR = SCALE / 100n
/** The way of a limit price beyond the market, likewise. */
const FAR = (SCALE * 5n) / 100n

/** The warnings of an order that opens or increases a position. */
export function warningsOf(terms: Terms, preview: Preview, leverage: number): Warning[] {
  return [
    nearLiquidation(terms, preview),
    highCosts(preview),
    farLimit(terms),
    uncovered(terms, preview.stopLoss),
    unprofitable(preview.takeProfit),
    replaced(terms, preview),
    otherLeverage(terms, leverage),
    reverses(terms),
  ].filter((warning) => warning !== null)
}

function nearLiquidation({ info }: Terms, { away, liquidation }: Preview): Warning | null {
  if (away >= NEAR || liquidation === 0n) return null
  const [price, way] = [format.price(info.asset, liquidation), format.percent(away)]
  return { id: 'near', text: t`The liquidation price, ${price}, is only ${way} away.` }
}

function highCosts({ margin, spreadCost, fee, closeFee }: Preview): Warning | null {
  const cost = spreadCost + fee + closeFee
  if (margin === 0n || cost * SCALE <= margin * COSTS) return null
  const usd = format.usd(cost, 'ceiling')
  const share = format.percent((cost * SCALE) / margin)
  return {
    id: 'costs',
    text: t`Spread and fees to open and close cost ${usd} USD, ${share} of the margin.`,
  }
}

/** A limit far beyond the market is more likely a mistyped price than meant. */
function farLimit({ draft, info, order, entry }: Terms): Warning | null {
  if (draft.kind !== 'LIMIT' || !order.isImmediate) return null
  const typed = parse(draft.priceText)
  if (!typed.ok || rules.distance(entry, typed.value) <= FAR) return null
  const by = format.percent(rules.distance(entry, typed.value))
  const at = format.price(info.asset, entry)
  return draft.orderType === 'LONG'
    ? { id: 'farLimit', text: t`The limit price is ${by} above the ask, ${at}.` }
    : { id: 'farLimit', text: t`The limit price is ${by} below the bid, ${at}.` }
}

function uncovered({ qty, info }: Terms, stopLoss: ExitPreview | null): Warning | null {
  if (!stopLoss || stopLoss.attached !== null) return null
  const rest = stopLoss.levels.reduce((left, level) => left - level.qty, qty)
  if (rest <= 0n) return null
  const size = `${format.qty(info.asset, rest)} ${info.base}`
  return { id: 'uncovered', text: t`The stop-losses leave ${size} without one.` }
}

function unprofitable(takeProfit: ExitPreview | null): Warning | null {
  if (!takeProfit || takeProfit.net > 0n) return null
  const net = format.signedUsd(takeProfit.net)
  return { id: 'unprofitable', text: t`With all fees, the take-profit results in ${net} USD.` }
}

function replaced({ held, draft }: Terms, { stopLoss, takeProfit }: Preview): Warning | null {
  if (!held || held.orderType !== draft.orderType) return null
  const isStop = stopLoss?.attached != null && held.stopLoss !== null
  const isProfit = takeProfit?.attached != null && held.takeProfit !== null
  if (isStop && isProfit) {
    return { id: 'replaced', text: t`Replaces take-profit and stop-loss of the open position.` }
  }
  if (isStop) return { id: 'replaced', text: t`Replaces the stop-loss of the open position.` }
  return isProfit
    ? { id: 'replaced', text: t`Replaces the take-profit of the open position.` }
    : null
}

function otherLeverage({ held, draft }: Terms, leverage: number): Warning | null {
  if (!held || held.orderType !== draft.orderType || held.leverage === leverage) return null
  const before = held.leverage
  return {
    id: 'leverage',
    text: t`Sets the leverage of the open position from ${before}× to ${leverage}×, too.`,
  }
}

function reverses({ held, draft, info, qty }: Terms): Warning | null {
  if (!held || held.orderType === draft.orderType) return null
  const [closed, opened] = [format.qty(info.asset, held.qty), format.qty(info.asset, qty)]
  return held.orderType === 'LONG'
    ? { id: 'reduces', text: t`Closes the long of ${closed} and opens a short of ${opened}.` }
    : { id: 'reduces', text: t`Closes the short of ${closed} and opens a long of ${opened}.` }
}

/** The warnings of an order that only reduces a position. */
export function reducingWarnings(
  draft: Draft,
  info: AssetInfo,
  { request }: OrderTerms,
  held: Position | null,
): Warning[] {
  if (!held) return [{ id: 'nothing', text: t`There is no open position that it could reduce.` }]
  if (!draft.isReduceOnly) {
    const size = `${format.qty(info.asset, held.qty)} ${info.base}`
    return held.orderType === 'LONG'
      ? [{ id: 'reduces', text: t`Reduces the open long of ${size}.` }]
      : [{ id: 'reduces', text: t`Reduces the open short of ${size}.` }]
  }
  const trigger = hasTrigger(draft.kind) && request?.triggerPrice
  const typed = trigger ? parse(trigger) : null
  if (!typed?.ok || rules.isWorse(held.orderType, held.liquidationPrice, typed.value)) return []
  const at = format.price(info.asset, held.liquidationPrice)
  const then = format.price(info.asset, typed.value)
  return [
    {
      id: 'beyond',
      text: t`The position would be liquidated at ${at}, before the trigger, ${then}.`,
    },
  ]
}
