/** Data and stubs for tests. */

import { vi } from 'vitest'
import type { Market, PlacedOrder } from '@/api/schema'
import { exact } from '@/decimal'
import type { Position } from '@/trading/account'

/** Returns a market as the server lists it; its base asset is the symbol's first three letters. */
export function market(symbol: string, part: Partial<Market> = {}): Market {
  return {
    symbol,
    name: `The ${symbol.slice(0, 3)} coin`,
    baseAsset: symbol.slice(0, 3),
    quoteAsset: symbol.slice(3),
    feedSymbol: symbol,
    priceDecimals: 2,
    quantityDecimals: 5,
    maxLeverage: 100,
    spreadBps: 10,
    liquidationLossBps: 9_000,
    priceTick: null,
    priceTickInt: null,
    quantityStep: null,
    quantityStepInt: null,
    minNotional: null,
    minNotionalInt: null,
    minQuantity: null,
    minQuantityInt: null,
    brackets: [],
    makerFeePpm: 0,
    takerFeePpm: 0,
    liquidationFeePpm: 0,
    funding: null,
    liquidationModel: 'MARGIN_LOSS',
    triggerPrice: 'QUOTE',
    fill: 'LAST',
    openInterestCap: null,
    openInterestCapInt: null,
    status: 'TRADING',
    stalePriceMs: null,
    ...part,
  }
}

/** Returns a market with every cost: fees, fundings, maintenance margins by value. */
export function costly(symbol: string, part: Partial<Market> = {}): Market {
  const bracket = (notionalCap: string, maxLeverage: number, maintenance: [number, string]) => ({
    notionalCap,
    notionalCapInt: `${notionalCap}00000000`,
    maxLeverage,
    maintenancePpm: maintenance[0],
    maintenanceAmount: maintenance[1],
    maintenanceAmountInt: `${maintenance[1]}00000000`,
  })
  return market(symbol, {
    makerFeePpm: 200,
    takerFeePpm: 500,
    liquidationFeePpm: 12_500,
    funding: { source: 'VENUE', intervalHours: 8, capPpm: 3_000 },
    liquidationModel: 'MAINTENANCE',
    brackets: [bracket('50000', 100, [4_000, '0']), bracket('600000', 50, [5_000, '50'])],
    ...part,
  })
}

/** Stubs the browser's observer of visibility, which the tests' browser lacks. */
export function stubInView(): void {
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      unobserve() {}
    },
  )
}

/** A request of the page, to which a test responds when it chooses. */
export type Sent = {
  url: string
  key: string | null
  body: unknown
  answer: (response: Response) => void
  fail: () => void
}

/** Stubs the network. Returns the requests of the page, oldest first, a list that grows. */
export function stubFetch(): Sent[] {
  const sent: Sent[] = []
  vi.stubGlobal(
    'fetch',
    (request: Request) =>
      new Promise<Response>((answer, reject) => {
        void request.text().then((text) => {
          sent.push({
            url: new URL(request.url).pathname,
            key: request.headers.get('Idempotency-Key'),
            body: text === '' ? null : JSON.parse(text),
            answer,
            fail: () => reject(new TypeError('the network is down')),
          })
        })
      }),
  )
  return sent
}

/** Returns a long of 0.01 at 100,000 with the margin of 10×, as the page knows it. */
export function openPosition(asset: string, part: Partial<Position> = {}): Position {
  return {
    orderId: 'a',
    asset,
    orderType: 'LONG',
    leverage: 10,
    qty: exact('0.01'),
    margin: exact('100'),
    executionPrice: exact('100000'),
    liquidationPrice: exact('91000'),
    stopLoss: null,
    takeProfit: null,
    createdAt: 1,
    commission: 0n,
    funding: 0n,
    ...part,
  }
}

/** Returns a limit order that rests, as the server shows it, as far as the page reads it. */
export function placedOrder(part: Partial<PlacedOrder> = {}): PlacedOrder {
  return {
    orderId: 'a',
    asset: 'BTCUSDT',
    side: 'BUY',
    type: 'LIMIT',
    timeInForce: 'GTC',
    status: 'NEW',
    reason: null,
    qtyInt: '1000000',
    priceInt: '9500000000000',
    triggerPriceInt: null,
    callbackBps: null,
    stopPriceInt: null,
    reduceOnly: false,
    closePosition: false,
    stopLossInt: null,
    takeProfitInt: null,
    reservedInt: '9500000000',
    createdAt: 1_795_493_501_491,
    ...part,
  } as PlacedOrder
}
