import { t } from '@lingui/core/macro'
import * as format from '@/format'
import { type Locale, locale } from '@/locale'
import { type Asset, assetInfo } from '@/markets'

export function priceAnd(asset: Asset, value: bigint | null): string {
  return value === null ? '–' : format.price(asset, value)
}

/** The sides of orders, as what they are. */
export const buyWord = () => t({ message: 'Buy', context: 'side' })
export const sellWord = () => t({ message: 'Sell', context: 'side' })

/** The widths of the columns with buttons, in pixels: the words on these are not equally long. */
const BUTTON_WIDTHS: Record<Locale, { positions: number; orders: number }> = {
  en: { positions: 108, orders: 152 },
  de: { positions: 132, orders: 172 },
  es: { positions: 112, orders: 168 },
  zh: { positions: 108, orders: 152 },
}
export const buttonWidths = BUTTON_WIDTHS[locale]

/** A quantity with its unit: `0.01000 BTC`. */
export function sizeWords(asset: Asset, qty: bigint): string {
  return `${format.qty(asset, qty)} ${assetInfo(asset).base}`
}
