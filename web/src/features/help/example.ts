/** The worked example of the help page, computed with the rules of the trading page. */

import { exact, mulDiv } from '@/decimal'
import {
  closePrice,
  finalPnl,
  liquidationPrice,
  margin,
  notional,
  openPrice,
  type Quote,
  returnOnMargin,
  pnl,
} from '@/rules'

/** The assumptions of the example. */
const GIVEN = {
  price: exact('92000'),
  /** The distance from bid to ask, in 0.01 %. */
  spreadBps: 10n,
  balance: exact('1000'),
  qty: exact('0.05'),
  leverage: 10,
  takeProfit: exact('94000'),
  stopLoss: exact('91000'),
  /** The bid at the first price after a gap. */
  gap: exact('80000'),
}

const WHOLE_BPS = 10_000n

/** Returns ⌊price × (1 − spread / 2)⌋ and ⌈price × (1 + spread / 2)⌉. */
export function quoteAround(price: bigint, spreadBps: bigint): Quote {
  const divisor = 2n * WHOLE_BPS
  return {
    bid: mulDiv(price, divisor - spreadBps, divisor, 'floor'),
    ask: mulDiv(price, divisor + spreadBps, divisor, 'ceiling'),
  }
}

/** Returns the result of a close at this price. */
function outcome(entry: bigint, held: bigint, close: bigint) {
  const uncapped = pnl('LONG', GIVEN.qty, entry, close)
  const booked = finalPnl(uncapped, held)
  return {
    close,
    uncapped,
    pnl: booked,
    roe: returnOnMargin(booked, held),
    shortfall: booked - uncapped,
    balance: GIVEN.balance + booked,
  }
}

export function workedExample() {
  const { price, spreadBps, balance, qty, leverage, takeProfit, stopLoss, gap } = GIVEN
  const quote = quoteAround(price, spreadBps)
  const entry = openPrice('LONG', quote)
  const held = margin(qty, entry, leverage)
  const liquidation = liquidationPrice('LONG', entry, leverage)
  const at = (close: bigint) => outcome(entry, held, close)
  return {
    ...GIVEN,
    quote,
    entry,
    notional: notional(qty, entry),
    margin: held,
    free: balance - held,
    liquidation,
    /** An immediate close, which costs the spread. */
    atOnce: at(closePrice('LONG', quote)),
    atTakeProfit: at(takeProfit),
    atStopLoss: at(stopLoss),
    atLiquidation: at(liquidation),
    atGap: at(gap),
  }
}

export type WorkedExample = ReturnType<typeof workedExample>
