/**
 * Amounts as the services keep them: integers at scale 10^8, here in a BigInt. The same grammar
 * and the same named roundings as the crate `price`; `positions.json` holds both to it.
 */

/** How many decimals an amount has. */
export const DECIMALS = 8

/** The integer that stands for one. */
export const SCALE = 100_000_000n

/** What fits a `BIGINT` column, and so what a position may be made of. */
export const INT_MAX = 2n ** 63n - 1n

/** Why a text is not an amount; the end of a sentence that begins with the field's name. */
export type Parsed = { ok: true; value: bigint } | { ok: false; problem: string }

const NOT_A_NUMBER = 'is not a decimal number'

/** Digits with one decimal sign or none, */
const PLAIN = /^\d*[.,]?\d*$/
/** or in threes, with a sign between them that is not the decimal sign. */
const GROUPED = /^[1-9]\d{0,2}([\s'’.,])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d*)?$/
/** One comma that may be either. A single point is the decimal sign, as everywhere on the page. */
const AMBIGUOUS = /^[1-9]\d{0,2},\d{3}$/

/**
 * Reads what a person typed, in the notation of any country: `92.5`, `92,5`, `1,234.5`, `1.234,5`,
 * `1 234,5` and `1’234.5`. What could mean two numbers, such as `1,234`, is refused and never
 * guessed. There are no exponents.
 */
export function parse(text: string): Parsed {
  const [, sign = '', body = ''] = /^([-−]?)(.*)$/s.exec(text.trim()) ?? []
  if (AMBIGUOUS.test(body)) {
    const [point, whole] = ['.', ''].map((instead) => (sign && '-') + body.replace(',', instead))
    const either = `${point} or ${whole}`
    return { ok: false, problem: `could mean ${either}: type the one that you mean` }
  }
  const group = GROUPED.exec(body)?.[1]
  if (!PLAIN.test(body) && group === undefined) return { ok: false, problem: NOT_A_NUMBER }
  const digits = PLAIN.test(body) ? body : body.replaceAll(group ?? '', '')
  return parsePlain((sign && '-') + digits.replace(',', '.'))
}

/** How a typed number is understood, where it was typed in another notation than this page's. */
export function tidied(text: string): string {
  const [, amount = '', unit = ''] = /^(.*?)\s*(%?)\s*$/s.exec(text) ?? []
  const parsed = /[\s'’,−]|\..*\./.test(amount) ? parse(amount) : null
  return parsed?.ok ? print(parsed.value) + unit : text
}

/** Digits with at most one point, as services write them. */
function parsePlain(plain: string): Parsed {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(plain)
  if (!match || !/\d/.test(plain)) return { ok: false, problem: NOT_A_NUMBER }
  const [, sign = '', whole = '', fraction = ''] = match
  const digits = fraction.replace(/0+$/, '')
  if (digits.length > DECIMALS) return { ok: false, problem: 'has more than 8 decimals' }
  const magnitude = BigInt(whole || '0') * SCALE + BigInt(digits.padEnd(DECIMALS, '0'))
  if (magnitude > INT_MAX) return { ok: false, problem: 'is out of range' }
  return { ok: true, value: sign ? -magnitude : magnitude }
}

/** Reads digits that a service sent, which are right or a bug. */
export function exact(text: string): bigint {
  const parsed = parsePlain(text)
  if (!parsed.ok) throw new Error(`an amount from the server ${parsed.problem}: ${text}`)
  return parsed.value
}

/** Every digit that is there and no trailing zeros: `92.0005`, `-3`, `0`. */
export function print(value: bigint): string {
  const [whole, fraction] = split(value)
  const digits = fraction.replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${whole}${digits ? `.${digits}` : ''}`
}

/** Toward minus infinity, plus infinity, or to the neighbour that is closer. */
export type Rounding = 'floor' | 'ceiling' | 'nearest'

/** `a × b / divisor`, exact in between, rounded once. `divisor` must be positive. */
export function mulDiv(a: bigint, b: bigint, divisor: bigint, rounding: Rounding): bigint {
  return divide(a * b, divisor, rounding)
}

/** The quotient; BigInt's own division goes toward zero, which favours whoever loses. */
export function divide(a: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (rounding === 'nearest') return divide(2n * a + divisor, 2n * divisor, 'floor')
  const quotient = a / divisor
  const remainder = a % divisor
  if (remainder === 0n) return quotient
  if (rounding === 'floor') return remainder < 0n ? quotient - 1n : quotient
  return remainder > 0n ? quotient + 1n : quotient
}

/** To a multiple of `step`, which is positive: a size to the lot, a price to the tick. */
export function toStep(value: bigint, step: bigint, rounding: Rounding): bigint {
  return divide(value, step, rounding) * step
}

/** With this many decimals and with separators: `92,000.50`. */
export function fixed(value: bigint, decimals: number, rounding: Rounding): string {
  const step = 10n ** BigInt(DECIMALS - decimals)
  const rounded = toStep(value, step, rounding)
  const [whole, fraction] = split(rounded)
  const tail = decimals > 0 ? `.${fraction.slice(0, decimals)}` : ''
  return `${rounded < 0n ? '-' : ''}${grouped(whole)}${tail}`
}

/** For a place on the screen and nothing else. */
export function toPixel(value: bigint): number {
  return Number(value) / Number(SCALE)
}

/** From a place on the screen: a number that a drag or a slider made. */
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
  // By hand: Intl is slow enough to show at a thousand prices a second.
  let text = whole
  for (let end = whole.length - 3; end > 0; end -= 3) {
    text = `${text.slice(0, end)},${text.slice(end)}`
  }
  return text
}
