/** Formatting of amounts, ratios and times, in one place so that it is uniform. */

import { t } from '@lingui/core/macro'
import { fixed as fixedInEnglish, mulDiv, print, type Rounding, SCALE } from '@/decimal'
import { type Asset, assetInfo } from '@/markets'
import { type Locale, locale as ofPage } from '@/locale'
import { inNotation } from '@/notation'
import type { TimeZone } from '@/settings'

/** The placeholder for an unknown number. */
export const UNKNOWN = '–'

/** Formats with a fixed number of decimals, in the notation of the page's language. */
export function fixed(value: bigint, decimals: number, rounding: Rounding): string {
  return inNotation(fixedInEnglish(value, decimals, rounding))
}

export function price(asset: Asset, value: bigint): string {
  return fixed(value, assetInfo(asset).priceDecimals, 'nearest')
}

/** Formats a size with all its digits, and at least the asset's decimals. */
export function qty(asset: Asset, value: bigint): string {
  const decimals = assetInfo(asset).qtyDecimals
  const short = fixed(value, decimals, 'floor')
  const digits = print(value).split('.')[1]?.length ?? 0
  return digits > decimals ? fixed(value, 8, 'floor').replace(/0+$/, '') : short
}

/** Begins a phrase, such as a problem, with a capital letter. */
export function capitalized(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1)
}

/** Formats money to the cent. Holdings are rounded down; pass `ceiling` for costs. */
export function usd(value: bigint, rounding: Rounding = 'floor'): string {
  return fixed(value, 2, rounding)
}

/** Formats money with all its digits, and at least two decimals. */
export function exactUsd(value: bigint): string {
  const digits = print(value).split('.')[1]?.length ?? 0
  return fixed(value, Math.max(digits, 2), 'floor')
}

/** Formats a gain or loss with its sign. */
export function signedUsd(value: bigint): string {
  return value > 0n ? `+${usd(value)}` : usd(value)
}

/** Formats a ratio at scale as a signed percentage: `+1.25%`. */
export function signedPercent(ratio: bigint, decimals = 2): string {
  const text = percent(ratio, decimals)
  return ratio > 0n && /[1-9]/.test(text) ? `+${text}` : text
}

/**
 * Formats a ratio at scale as a percentage, rounded to the nearest and half away from zero: a loss
 * and the drawdown that it caused are the same figure.
 */
export function percent(ratio: bigint, decimals = 2): string {
  const size = fixed((ratio < 0n ? -ratio : ratio) * 100n, decimals, 'nearest')
  return `${ratio < 0n && /[1-9]/.test(size) ? '-' : ''}${size}%`
}

/** Formats basis points as a percentage: `90 %`, `0.1 %`. */
export function bps(value: number): string {
  return `${inNotation(print((BigInt(value) * SCALE) / 100n))} %`
}

/** Formats millionths as a percentage: `0.05 %`. */
export function ppm(value: number): string {
  return `${inNotation(print((BigInt(value) * SCALE) / 10_000n))} %`
}

/** Formats a funding rate with all its digits, and at least four decimals: `0.0100%`. */
export function rate(value: bigint): string {
  const digits = print(value * 100n).split('.')[1]?.length ?? 0
  return `${fixed(value * 100n, Math.max(digits, 4), 'floor')}%`
}

/** The large numbers that have a short name in each language, the largest first. */
const MAGNITUDES: Record<Locale, readonly (readonly [size: bigint, name: string])[]> = {
  en: [
    [1_000_000_000n, 'B'],
    [1_000_000n, 'M'],
    [1_000n, 'K'],
  ],
  de: [
    [1_000_000_000n, '\u00a0Mrd.'],
    [1_000_000n, '\u00a0Mio.'],
    [1_000n, '\u00a0Tsd.'],
  ],
  es: [
    [1_000_000_000n, '\u00a0mil\u00a0M'],
    [1_000_000n, '\u00a0M'],
    [1_000n, '\u00a0mil'],
  ],
  zh: [
    [100_000_000n, '亿'],
    [10_000n, '万'],
  ],
}

/** Formats a volume in short form: `1.24M`. */
export function compact(value: bigint, decimals = 2, locale: Locale = ofPage): string {
  const magnitude = MAGNITUDES[locale].find(([size]) => value >= size * SCALE)
  const [size, name] = magnitude ?? [1n, '']
  const count = fixedInEnglish(mulDiv(value, 1n, size, 'floor'), decimals, 'floor')
  return inNotation(count, locale) + name
}

/** Formats a duration: `12s`, `5m 3s`, `2h 14m`, `3d 4h`. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const [days, hours, minutes, seconds] = [
    Math.floor(s / 86_400),
    Math.floor(s / 3600) % 24,
    Math.floor(s / 60) % 60,
    s % 60,
  ]
  if (days > 0) return t`${days}d ${hours}h`
  if (hours > 0) return t`${hours}h ${minutes}m`
  if (minutes > 0) return t`${minutes}m ${seconds}s`
  return t`${seconds}s`
}

/** The formats of the zones shown so far; to make one takes longer than to use it. */
const FORMATS = new Map<TimeZone, Intl.DateTimeFormat>()

function dateTimeFormat(zone: TimeZone): Intl.DateTimeFormat {
  const known = FORMATS.get(zone)
  if (known) return known
  const timeZone = zone === 'local' ? undefined : zone === 'utc' ? 'UTC' : zone
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  FORMATS.set(zone, made)
  return made
}

export type DateParts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>

export function dateParts(ms: number, zone: TimeZone): DateParts {
  const parts = dateTimeFormat(zone)
    .formatToParts(ms)
    .map(({ type, value }) => [type, value])
  return Object.fromEntries(parts) as DateParts
}

/** Formats a time (Unix ms): `2026-11-25 18:30:05`. */
export function dateTime(ms: number, zone: TimeZone): string {
  const { year, month, day, hour, minute, second } = dateParts(ms, zone)
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`
}

/** Returns how far the clocks of a zone are ahead of UTC at a time (Unix ms), in minutes. */
export function zoneOffset(zone: TimeZone, ms: number): number {
  if (zone === 'utc') return 0
  if (zone === 'local') return -new Date(ms).getTimezoneOffset()
  const { year, month, day, hour, minute } = dateParts(ms, zone)
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute))
  return Math.round(shown / 60_000 - Math.floor(ms / 60_000))
}

/** Returns the zone's offset at a time (now by default): `UTC`, `UTC+1`, `UTC-3:30`. */
export function zoneName(zone: TimeZone, ms = Date.now()): string {
  const minutes = zoneOffset(zone, ms)
  if (minutes === 0) return 'UTC'
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`
}
