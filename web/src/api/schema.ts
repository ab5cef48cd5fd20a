/** The API's types under the names used here. `npm run api` regenerates them. */

import type { components } from '@/api/generated'

type Schemas = components['schemas']

export type User = Schemas['User']
export type Registration = Schemas['SignUp']
export type ProfileChange = Schemas['ProfileChange']
export type Session = Schemas['Session']
export type ApiKey = Schemas['ApiKey']
export type KeyKind = Schemas['KeyKind']
export type MadeKey = Schemas['MadeKey']
export type NewKey = Schemas['NewKey']
export type Scope = Schemas['Scope']
export type OpenOrder = Schemas['OpenOrder']
export type ClosedOrder = Schemas['ClosedOrder']
export type Order = Schemas['Order']
/** An order in the narrow sense: an instruction, which rests or has ended. */
export type PlacedOrder = Schemas['PlacedOrder']
export type OrderKind = Schemas['OrderKind']
export type OrderSide = Schemas['OrderSide']
export type TimeInForce = Schemas['TimeInForce']
export type AccountSettings = Schemas['AccountSettings']
export type CloseReason = ClosedOrder['closeReason']
/** Balance and used margin after the change with the number `sequence`. */
export type AccountState = Schemas['Account']
export type TradingAccount = Schemas['TradingAccount']
export type NewAccount = { name: string; balance?: string; mode?: PositionMode }
export type AccountChange = { name?: string; onLeaderboard?: boolean }
export type PositionMode = 'separate' | 'one_way' | 'hedge'
export type AccountPerformance = Schemas['AccountPerformance']
export type PerformanceDay = Schemas['PerformanceDay']
export type PerformanceSpan = Schemas['PerformanceSpan']
export type Traded = Schemas['MarketPerformance'] | Schemas['SidePerformance']
export type ClosedPositionResult = Schemas['PositionResult']
export type Leaderboard = Schemas['Leaderboard']
export type Standing = Schemas['Standing']
export type BalanceSheet = Schemas['BalanceSheet']
export type Ticker = Schemas['Ticker']
export type Market = Schemas['Market']
export type MarkedMarket = Schemas['MarkedMarket']
export type MarkProblem = NonNullable<MarkedMarket['markProblem']>
export type Income = Schemas['Income']
export type Fill = Schemas['Fill']
export type FillPage = Schemas['FillList']
export type FillTotals = Schemas['FillTotals']
export type IncomePage = Schemas['IncomeList']
export type IncomeSummary = Schemas['IncomeSummary']
export type OrderPage = Schemas['PlacedOrderList']
export type OrderStatus = PlacedOrder['status']
export type OrderTotals = Schemas['OrderTotals']
/** The totals of closed positions. */
export type ClosedTotals = Schemas['RealizedPnl']
export type IncomeKind = Income['kind']

// The API also accepts amounts as numbers, which are not exact in JavaScript.
export type PlaceRequest = Schemas['OrderInstruction'] & {
  qty: string
  price?: string
  triggerPrice?: string
  stopLoss?: string
  takeProfit?: string
  priceLimit?: string
}
/** New values of an order; the absent ones stay. */
export type AmendRequest = { qty?: string; price?: string; triggerPrice?: string }
export type ClosingPart = Schemas['ClosingPart'] & { qty?: string; priceLimit: string | null }
/** The changes of a request: the order that it placed, if any, and the position. */
export type PositionAnswer = Pick<Schemas['PositionResponse'], 'order' | 'position' | 'account'>
export type ModifyRequest = { stopLoss?: string | null; takeProfit?: string | null }
