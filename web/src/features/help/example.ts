/** The worked example of the help page, computed with the rules of the trading page. */

import { exact, mulDiv, toStep } from '@/decimal'
import type { AssetInfo } from '@/markets'
import {
  closePrice,
  finalPnl,
  isLiquidatedAtOnce,
  liquidationPrice,
  margin,
  notional,
  openPrice,
  type Quote,
  returnOnMargin,
  pnl,
  WHOLE_BPS,
} from '@/rules'

/** The assumptions of the example; everything else follows from the market. */
const PRICE = exact('92000')
const BALANCE = exact('1000')
const LEVERAGE = 10
/** The size at a leverage of 1; it grows with the leverage, so that the margin does not. */
const UNLEVERAGED_QTY = exact('0.005')

/** The parameters of a market that the example depends on. */
export type ExampleMarket = Pick<AssetInfo, 'maxLeverage' | 'spreadBps' | 'liquidationLossBps'>

/** Returns ⌊price × (1 − spread / 2)⌋ and ⌈price × (1 + spread / 2)⌉. */
export function quoteAround(price: bigint, spreadBps: number): Quote {
  const divisor = 2n * WHOLE_BPS
  return {
    bid: mulDiv(price, divisor - BigInt(spreadBps), divisor, 'floor'),
    ask: mulDiv(price, divisor + BigInt(spreadBps), divisor, 'ceiling'),
  }
}

/** Returns the leverage of the example, or the highest one that the market and spread allow. */
function usableLeverage({ maxLeverage, liquidationLossBps }: ExampleMarket, quote: Quote): number {
  let leverage = Math.min(LEVERAGE, maxLeverage)
  while (leverage > 1 && isLiquidatedAtOnce('LONG', quote, leverage, liquidationLossBps)) {
    leverage -= 1
  }
  return leverage
}

/**
 * Returns the prices of the outcomes as round numbers: a take-profit above the entry, a stop-loss
 * between the bid and the liquidation price, and a gap that costs more than the margin.
 */
function levels(entry: bigint, bid: bigint, liquidation: bigint, leverage: number) {
  const room = bid - liquidation
  // A power of ten of at most an eighth of the room, so that rounding keeps the order.
  const step = 10n ** BigInt(Math.max(0, String(room / 8n).length - 1))
  return {
    takeProfit: toStep(entry + (entry - liquidation) / 4n, step, 'floor'),
    stopLoss: toStep(bid - room / 8n, step, 'nearest'),
    gap: toStep(entry - mulDiv(entry, 13n, 10n * BigInt(leverage), 'floor'), step, 'nearest'),
  }
}

export function workedExample(market: ExampleMarket) {
  const quote = quoteAround(PRICE, market.spreadBps)
  const leverage = usableLeverage(market, quote)
  const qty = UNLEVERAGED_QTY * BigInt(leverage)
  const entry = openPrice('LONG', quote)
  const held = margin(qty, entry, leverage)
  const liquidation = liquidationPrice('LONG', entry, leverage, market.liquidationLossBps)
  const { takeProfit, stopLoss, gap } = levels(entry, quote.bid, liquidation, leverage)
  /** Returns the result of a close at this price. */
  const at = (close: bigint) => {
    const uncapped = pnl('LONG', qty, entry, close)
    const booked = finalPnl(uncapped, held)
    return {
      close,
      uncapped,
      pnl: booked,
      roe: returnOnMargin(booked, held),
      shortfall: booked - uncapped,
      balance: BALANCE + booked,
    }
  }
  return {
    price: PRICE,
    balance: BALANCE,
    leverage,
    qty,
    quote,
    entry,
    notional: notional(qty, entry),
    margin: held,
    free: BALANCE - held,
    liquidation,
    /** An immediate close, which costs the spread. */
    atOnce: at(closePrice('LONG', quote)),
    atTakeProfit: at(takeProfit),
    atStopLoss: at(stopLoss),
    atLiquidation: at(liquidation),
    /** A close after a gap; null without leverage, as no price is low enough. */
    atGap: gap > 0n ? at(gap) : null,
  }
}

export type WorkedExample = ReturnType<typeof workedExample>
