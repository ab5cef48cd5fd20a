/** The contract's types under the names that this page uses; `npm run api` makes them anew. */

import type { components } from '@/api/generated'

type Schemas = components['schemas']

export type User = Schemas['User']
export type ProfileChange = Schemas['ProfileChange']
export type Session = Schemas['Session']
export type ApiKey = Schemas['ApiKey']
export type NewKey = Schemas['NewKey']
export type Scope = Schemas['Scope']
export type OpenOrder = Schemas['OpenOrder']
export type ClosedOrder = Schemas['ClosedOrder']
export type Order = Schemas['Order']
export type CloseReason = ClosedOrder['closeReason']
/** Balance and used margin after the change with this number. */
export type AccountState = Schemas['Account']
export type BalanceSheet = Schemas['BalanceSheet']
export type Ticker = Schemas['Ticker']

// Amounts may be numbers there; this page has none that are exact.
export type OpenRequest = Schemas['NewOrder'] & {
  qty: string
  stopLoss?: string
  takeProfit?: string
  priceLimit?: string
}
export type ModifyRequest = { stopLoss?: string | null; takeProfit?: string | null }
