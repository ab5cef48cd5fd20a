/** The traded assets, and the format of their numbers. */

export type Asset = 'BTCUSDT' | 'ETHUSDT' | 'SOLUSDT'

export type AssetInfo = {
  asset: Asset
  base: string
  name: string
  /** The number of decimals of a displayed price. */
  priceDecimals: number
  /** The number of decimals of a displayed size; also the lot to which sizes are rounded. */
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
  if (!info) throw new Error(`unknown asset ${asset}`)
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
