/** Data and stubs for tests. */

import { vi } from 'vitest'
import type { Market } from '@/api/schema'

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
