/** What is traded here, and how its numbers are written. */

export type Asset = 'BTCUSDT' | 'ETHUSDT' | 'SOLUSDT'

export type AssetInfo = {
  asset: Asset
  base: string
  name: string
  /** Decimals of a price on the screen. */
  priceDecimals: number
  /** Decimals of a size on the screen, and the lot that sizes are computed to. */
  qtyDecimals: number
}

export const ASSETS: readonly AssetInfo[] = [
  { asset: 'BTCUSDT', base: 'BTC', name: 'Bitcoin', priceDecimals: 2, qtyDecimals: 5 },
  { asset: 'ETHUSDT', base: 'ETH', name: 'Ether', priceDecimals: 2, qtyDecimals: 4 },
  { asset: 'SOLUSDT', base: 'SOL', name: 'Solana', priceDecimals: 3, qtyDecimals: 3 },
]

const BY_ASSET = new Map<string, AssetInfo>(ASSETS.map((info) => [info.asset, info]))

export function assetInfo(asset: Asset): AssetInfo {
  const info = BY_ASSET.get(asset)
  if (!info) throw new Error(`${asset} is not traded here`)
  return info
}

export function isAsset(text: unknown): text is Asset {
  return typeof text === 'string' && BY_ASSET.has(text)
}

export function priceTick(info: AssetInfo): bigint {
  return 10n ** BigInt(8 - info.priceDecimals)
}

export function qtyStep(info: AssetInfo): bigint {
  return 10n ** BigInt(8 - info.qtyDecimals)
}
