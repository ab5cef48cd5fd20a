import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'

export function priceAnd(asset: Asset, value: bigint | null): string {
  return value === null ? '–' : format.price(asset, value)
}

/** A quantity with its unit: `0.01000 BTC`. */
export function sizeWords(asset: Asset, qty: bigint): string {
  return `${format.qty(asset, qty)} ${assetInfo(asset).base}`
}
