/** The markets that can be traded, as the server lists them, and the format of their numbers. */

import { replaceEqualDeep } from '@tanstack/react-query'
import type { Market } from '@/api/schema'
import { DECIMALS } from '@/decimal'
import { createStore } from '@/store'

/** The symbol of a market. */
export type Asset = string

/** The terms of positions with a value above the cap of the bracket before, up to its own. */
export type Bracket = {
  notionalCap: bigint
  maxLeverage: number
  /** The maintenance margin: value × rate (in millionths) − amount. */
  maintenancePpm: number
  maintenanceAmount: bigint
}

export type AssetInfo = {
  asset: Asset
  base: string
  quote: string
  name: string
  /** The number of decimals of a displayed price. */
  priceDecimals: number
  /** The number of decimals of a displayed size. */
  qtyDecimals: number
  /** What prices must be multiples of; null if every price is accepted. */
  priceTick: bigint | null
  /** What sizes must be multiples of; null if every size is accepted. */
  quantityStep: bigint | null
  /** The least size and value of an order that opens; null without such a limit. */
  minQuantity: bigint | null
  minNotional: bigint | null
  /** Whether orders are accepted, and those that open. */
  status: Market['status']
  maxLeverage: number
  spreadBps: number
  /** The loss, as a share of the margin, at which a position is liquidated. */
  liquidationLossBps: number
  /** The age from which on the engine refuses a price; null for the engine's default. */
  stalePriceMs: number | null
  /** Fees, in millionths of a fill's value. */
  makerFeePpm: number
  takerFeePpm: number
  liquidationFeePpm: number
  funding: { intervalHours: number; capPpm: number } | null
  /** Lowest value first; empty if neither leverage nor maintenance margin depends on the value. */
  brackets: readonly Bracket[]
  liquidationModel: Market['liquidationModel']
  /** The price that reaches exits. */
  triggerPrice: Market['triggerPrice']
}

/** The markets in the server's order; empty until they are loaded. */
export const markets = createStore<readonly AssetInfo[]>([])

let byAsset: ReadonlyMap<Asset, AssetInfo> = new Map()
markets.subscribe(() => {
  byAsset = new Map(markets.get().map((info) => [info.asset, info]))
})

/** The number of received symbols that were not listed. The list is then loaded again. */
export const unlistedSymbols = createStore(0)
const noted = new Set<Asset>()

/** Replaces the list. Unchanged markets stay the same objects, so that nothing renders again. */
export function setMarkets(list: readonly Market[]): void {
  markets.set((known) => replaceEqualDeep(known, list.map(readMarket)))
}

function readMarket(market: Market): AssetInfo {
  return {
    asset: market.symbol,
    base: market.baseAsset,
    quote: market.quoteAsset,
    name: market.name,
    priceDecimals: market.priceDecimals,
    qtyDecimals: market.quantityDecimals,
    priceTick: amount(market.priceTickInt),
    quantityStep: amount(market.quantityStepInt),
    minQuantity: amount(market.minQuantityInt),
    minNotional: amount(market.minNotionalInt),
    status: market.status,
    maxLeverage: market.maxLeverage,
    spreadBps: market.spreadBps,
    liquidationLossBps: market.liquidationLossBps,
    stalePriceMs: market.stalePriceMs,
    makerFeePpm: market.makerFeePpm,
    takerFeePpm: market.takerFeePpm,
    liquidationFeePpm: market.liquidationFeePpm,
    funding: market.funding && {
      intervalHours: market.funding.intervalHours,
      capPpm: market.funding.capPpm,
    },
    brackets: market.brackets.map((bracket) => ({
      notionalCap: BigInt(bracket.notionalCapInt),
      maxLeverage: bracket.maxLeverage,
      maintenancePpm: bracket.maintenancePpm,
      maintenanceAmount: BigInt(bracket.maintenanceAmountInt),
    })),
    liquidationModel: market.liquidationModel,
    triggerPrice: market.triggerPrice,
  }
}

function amount(digits: string | null): bigint | null {
  return digits === null ? null : BigInt(digits)
}

/** Reports whether positions are valued at the mark price, since something waits for it. */
export function goesByMark({ liquidationModel, triggerPrice }: AssetInfo): boolean {
  return liquidationModel === 'MAINTENANCE' || triggerPrice === 'MARK'
}

/** Reports whether the market has a mark price. */
export function hasMark(info: AssetInfo): boolean {
  return goesByMark(info) || info.funding !== null
}

/** Reports whether trading the market costs more than its spread. */
export function hasCosts({ takerFeePpm, liquidationFeePpm, funding }: AssetInfo): boolean {
  return takerFeePpm > 0 || liquidationFeePpm > 0 || funding !== null
}

/**
 * Returns the market of a symbol, with all decimals if it is not listed. Pages render again when
 * the list changes, so what they show need not subscribe.
 */
export function assetInfo(asset: Asset): AssetInfo {
  return byAsset.get(asset) ?? unlisted(asset)
}

function unlisted(asset: Asset): AssetInfo {
  return {
    asset,
    base: asset,
    quote: '',
    name: asset,
    priceDecimals: DECIMALS,
    qtyDecimals: DECIMALS,
    priceTick: null,
    quantityStep: null,
    minQuantity: null,
    minNotional: null,
    status: 'TRADING',
    maxLeverage: 1,
    spreadBps: 0,
    liquidationLossBps: 10_000,
    stalePriceMs: null,
    makerFeePpm: 0,
    takerFeePpm: 0,
    liquidationFeePpm: 0,
    funding: null,
    brackets: [],
    liquidationModel: 'MARGIN_LOSS',
    triggerPrice: 'QUOTE',
  }
}

export function isListed(asset: Asset): boolean {
  return byAsset.has(asset)
}

/** Returns the asset if it is listed, or else the first market. Pages need at least one. */
export function listedOrFirst(asset: Asset | null): Asset {
  if (asset !== null && isListed(asset)) return asset
  return markets.get()[0]?.asset ?? ''
}

/** Notes a symbol from the server. The first sight of an unlisted one counts. */
export function noteSymbol(symbol: Asset): void {
  // Before the list is loaded, no symbol is missing from it.
  if (byAsset.size === 0 || byAsset.has(symbol) || noted.has(symbol)) return
  noted.add(symbol)
  unlistedSymbols.set((count) => count + 1)
}

/** Reports whether a value is a symbol, listed or not. */
export function isSymbol(value: unknown): value is Asset {
  return typeof value === 'string' && /^[A-Z0-9]{2,16}$/.test(value)
}

/** The tick to which computed prices are rounded: the market's, or that of the display. */
export function priceTick(info: AssetInfo): bigint {
  return info.priceTick ?? 10n ** BigInt(DECIMALS - info.priceDecimals)
}

/** The lot to which computed sizes are rounded, likewise. */
export function qtyStep(info: AssetInfo): bigint {
  return info.quantityStep ?? 10n ** BigInt(DECIMALS - info.qtyDecimals)
}
