/**
 * Amounts as in the services: integers at scale 10^8, here in a BigInt. Grammar and named roundings
 * are those of the crate `price`; the vectors in `positions.json` test both.
 */

import { t } from '@lingui/core/macro'
import { inNotation } from '@/notation'

/** The number of decimals of an amount. */
export const DECIMALS = 8

/** The integer that represents one. */
export const SCALE = 100_000_000n

/** The maximum of a `BIGINT` column, and therefore of every amount of a position. */
export const INT_MAX = 2n ** 63n - 1n

/** An amount, or the problem of a text that is not one, as a phrase in lower case. */
export type Parsed = { ok: true; value: bigint } | { ok: false; problem: string }

const notANumber = () => t`not a number`

function foreign(): string {
  const example = inNotation('1234.5')
  return t`write it without separators and with decimals as in ${example}`
}

/** Digits with at most one point. */
const PLAIN = /^\d*\.?\d*$/
/** Thousands as this page shows them, `92,000.50`: commas that can't be decimal signs. */
const GROUPED = /^[1-9]\d{0,2}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})$/
/** A point that a reader may take for a group separator. */
const LOOKS_GROUPED = /^[-−]?[1-9]\d{0,2}\.\d{3}$/
/** A comma that may be either. A single point is always the decimal sign, as on the whole page. */
const AMBIGUOUS = /^[1-9]\d{0,2},\d{3}$/
/** Digits with commas, spaces, apostrophes or points, which another country may read as a number. */
const LOOKS_FOREIGN = /^[\s'’.,]?\d[\d\s'’.,]*$/

/**
 * Parses a typed amount in the notation of this page: `92.5`, and `92,000.50` as it is copied from
 * it. A text of another notation, such as `1,5`, `1.234,5` or `1,234`, is refused and never guessed.
 * Exponents are not supported.
 */
export function parse(text: string): Parsed {
  const [, sign = '', body = ''] = /^([-−]?)(.*)$/s.exec(text.trim()) ?? []
  if (AMBIGUOUS.test(body)) {
    const meant = (instead: string) => inNotation((sign && '-') + body.replace(',', instead))
    const [point, whole] = [meant('.'), meant('')]
    return { ok: false, problem: t`could mean ${point} or ${whole}; type the one you mean` }
  }
  if (!PLAIN.test(body) && !GROUPED.test(body)) {
    return { ok: false, problem: LOOKS_FOREIGN.test(body) ? foreign() : notANumber() }
  }
  return parsePlain((sign && '-') + body.replaceAll(',', ''))
}

/** Rewrites a number with separators without them; returns other texts unchanged. */
export function tidied(text: string): string {
  const [, amount = '', unit = ''] = /^(.*?)\s*(%?)\s*$/s.exec(text) ?? []
  const isOther = /[,−]/.test(amount) || LOOKS_GROUPED.test(amount)
  const parsed = isOther ? parse(amount) : null
  return parsed?.ok ? print(parsed.value) + unit : text
}

/** Parses digits with at most one point, the notation of the services. */
function parsePlain(plain: string): Parsed {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(plain)
  if (!match || !/\d/.test(plain)) return { ok: false, problem: notANumber() }
  const [, sign = '', whole = '', fraction = ''] = match
  const digits = fraction.replace(/0+$/, '')
  if (digits.length > DECIMALS) return { ok: false, problem: t`more than 8 decimals` }
  const magnitude = BigInt(whole || '0') * SCALE + BigInt(digits.padEnd(DECIMALS, '0'))
  if (magnitude > INT_MAX) return { ok: false, problem: t`out of range` }
  return { ok: true, value: sign ? -magnitude : magnitude }
}

/** Parses digits sent by a service; throws on any other text, which is a bug. */
export function exact(text: string): bigint {
  const parsed = parsePlain(text)
  if (!parsed.ok) throw new Error(`invalid amount from the server: ${text}`)
  return parsed.value
}

/** Prints all digits without trailing zeros: `92.0005`, `-3`, `0`. */
export function print(value: bigint): string {
  const [whole, fraction] = split(value)
  const digits = fraction.replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${whole}${digits ? `.${digits}` : ''}`
}

/** The direction of rounding: toward minus infinity, plus infinity, or the nearest value. */
export type Rounding = 'floor' | 'ceiling' | 'nearest'

/** Computes `a × b / divisor`, rounded once at the end. `divisor` must be positive. */
export function mulDiv(a: bigint, b: bigint, divisor: bigint, rounding: Rounding): bigint {
  return divide(a * b, divisor, rounding)
}

/** Divides with a named rounding; BigInt's own division truncates, which would shrink losses. */
export function divide(a: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (rounding === 'nearest') return divide(2n * a + divisor, 2n * divisor, 'floor')
  const quotient = a / divisor
  const remainder = a % divisor
  if (remainder === 0n) return quotient
  if (rounding === 'floor') return remainder < 0n ? quotient - 1n : quotient
  return remainder > 0n ? quotient + 1n : quotient
}

/** Rounds to a multiple of `step` (positive): a size to the lot, a price to the tick. */
export function toStep(value: bigint, step: bigint, rounding: Rounding): bigint {
  return divide(value, step, rounding) * step
}

/** Formats with a fixed number of decimals and with separators: `92,000.50`. */
export function fixed(value: bigint, decimals: number, rounding: Rounding): string {
  const [sign, whole, tail] = fixedParts(value, decimals, rounding)
  return sign + grouped(whole) + tail
}

/** Formats with a fixed number of decimals and without separators, for a field: `92000.50`. */
export function fixedPlain(value: bigint, decimals: number, rounding: Rounding): string {
  return fixedParts(value, decimals, rounding).join('')
}

function fixedParts(
  value: bigint,
  decimals: number,
  rounding: Rounding,
): [sign: string, whole: string, tail: string] {
  const step = 10n ** BigInt(DECIMALS - decimals)
  const rounded = toStep(value, step, rounding)
  const [whole, fraction] = split(rounded)
  return [rounded < 0n ? '-' : '', whole, decimals > 0 ? `.${fraction.slice(0, decimals)}` : '']
}

/** Converts to a number, only for positions on the screen. */
export function toPixel(value: bigint): number {
  return Number(value) / Number(SCALE)
}

/** Converts a position on the screen, from a drag or a slider, to an amount. */
export function fromPixel(value: number): bigint {
  return exact(value.toFixed(DECIMALS))
}

export function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

function split(value: bigint): [whole: string, fraction: string] {
  const digits = abs(value)
    .toString()
    .padStart(DECIMALS + 1, '0')
  return [digits.slice(0, -DECIMALS), digits.slice(-DECIMALS)]
}

function grouped(whole: string): string {
  // Not with Intl, which is measurably slow at a thousand prices a second.
  let text = whole
  for (let end = whole.length - 3; end > 0; end -= 3) {
    text = `${text.slice(0, end)},${text.slice(end)}`
  }
  return text
}
