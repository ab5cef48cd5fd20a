import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { Position } from '@/trading/account'

export function priceAnd(asset: Asset, value: bigint | null): string {
  return value === null ? '–' : format.price(asset, value)
}

/** Describes a position: `long 0.01000 BTC`. */
export function describe({ orderType, qty, asset }: Position): string {
  const side = orderType === 'LONG' ? 'long' : 'short'
  return `${side} ${format.qty(asset, qty)} ${assetInfo(asset).base}`
}
