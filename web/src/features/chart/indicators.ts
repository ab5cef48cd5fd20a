/**
 * The values of indicators. They are only displayed, so doubles are enough. Each is calculated bar
 * by bar from the bars so far and what was remembered at the bar before, so that a new price costs
 * one step and not a whole series.
 */

import { type Bar, priceOf, type Source } from '@/features/chart/bars'
import type { Anchor, IndicatorKind, IndicatorSpec } from '@/features/chart/indicator-specs'

/** A value; null before there are enough bars. */
export type Value = number | null

/** An indicator at one bar: the values of its lines, and what the next bar needs. */
export type Memo = { values: readonly Value[]; kept: readonly number[] }

type Step = (bars: readonly Bar[], index: number, spec: IndicatorSpec, before?: Memo) => Memo

const STEPS: Record<IndicatorKind, Step> = {
  sma: (bars, index, { params, source }) => shown(mean(bars, index, params[0] ?? 1, source)),
  ema: (bars, index, { params, source }, before) =>
    shown(ema(bars, index, params[0] ?? 1, source, before?.values[0] ?? null)),
  bollinger,
  vwap,
  volume: (bars, index) => shown(bars[index]?.volume ?? null),
  rsi,
  macd,
  atr,
}

/** Calculates an indicator from bar `from` to the end, after the memos of the bars before it. */
export function calculate(
  spec: IndicatorSpec,
  bars: readonly Bar[],
  memos: readonly Memo[] = [],
  from = 0,
): Memo[] {
  const step = STEPS[spec.kind]
  const made = memos.slice(0, from)
  for (let index = from; index < bars.length; index += 1) {
    made.push(step(bars, index, spec, made[index - 1]))
  }
  return made
}

const shown = (...values: Value[]): Memo => ({ values, kept: [] })

/** The mean of the last `period` prices. Summed anew, since a running sum would drift. */
function mean(bars: readonly Bar[], index: number, period: number, source: Source): Value {
  if (index < period - 1) return null
  let sum = 0
  for (let at = index - period + 1; at <= index; at += 1) sum += price(bars, at, source)
  return sum / period
}

/** The exponential average, which begins with the mean of the first `period` prices. */
function ema(
  bars: readonly Bar[],
  index: number,
  period: number,
  source: Source,
  before: Value,
): Value {
  if (before === null) return index === period - 1 ? mean(bars, index, period, source) : null
  return towards(before, price(bars, index, source), period)
}

const towards = (before: number, next: number, period: number) =>
  before + (2 / (period + 1)) * (next - before)

/** The mean, and the bands at a number of standard deviations (of the population) from it. */
function bollinger(
  bars: readonly Bar[],
  index: number,
  { params: [period = 1, width = 1], source }: IndicatorSpec,
): Memo {
  const middle = mean(bars, index, period, source)
  if (middle === null) return shown(null, null, null)
  let squares = 0
  for (let at = index - period + 1; at <= index; at += 1) {
    squares += (price(bars, at, source) - middle) ** 2
  }
  const band = width * Math.sqrt(squares / period)
  return shown(middle, middle + band, middle - band)
}

const DAY_S = 86_400

/** Numbers the days, weeks (from Monday) or months in UTC. */
function spanOf(time: number, anchor: Anchor): number {
  const day = Math.floor(time / DAY_S)
  if (anchor === 'day') return day
  // 1970 began on a Thursday.
  if (anchor === 'week') return Math.floor((day + 3) / 7)
  const date = new Date(time * 1_000)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** The average price of the day, week or month so far, weighted by volume. */
function vwap(
  bars: readonly Bar[],
  index: number,
  { source, anchor }: IndicatorSpec,
  before?: Memo,
): Memo {
  const bar = bars[index]
  if (!bar) return shown(null)
  const span = spanOf(bar.time, anchor)
  const [keptSpan, keptPaid = 0, keptVolume = 0] = before?.kept ?? []
  const isSame = span === keptSpan
  const at = priceOf(bar, source)
  const paid = (isSame ? keptPaid : 0) + at * bar.volume
  const volume = (isSame ? keptVolume : 0) + bar.volume
  return { values: [volume === 0 ? at : paid / volume], kept: [span, paid, volume] }
}

/** Wilder's relative strength index. Keeps the average gain and loss. */
function rsi(
  bars: readonly Bar[],
  index: number,
  { params: [period = 1], source }: IndicatorSpec,
  before?: Memo,
): Memo {
  const change = (at: number) => price(bars, at, source) - price(bars, at - 1, source)
  if (index < period) return shown(null)
  let [gain = 0, loss = 0] = before?.kept ?? []
  if (index === period) {
    ;[gain, loss] = [0, 0]
    for (let at = 1; at <= period; at += 1) {
      gain += Math.max(change(at), 0) / period
      loss += Math.max(-change(at), 0) / period
    }
  } else {
    gain = (gain * (period - 1) + Math.max(change(index), 0)) / period
    loss = (loss * (period - 1) + Math.max(-change(index), 0)) / period
  }
  return { values: [loss === 0 ? 100 : 100 - 100 / (1 + gain / loss)], kept: [gain, loss] }
}

/** Wilder's average true range. */
function atr(
  bars: readonly Bar[],
  index: number,
  { params: [period = 1] }: IndicatorSpec,
  before?: Memo,
): Memo {
  if (index < period - 1) return shown(null)
  const known = before?.values[0] ?? null
  if (known !== null) return shown((known * (period - 1) + trueRange(bars, index)) / period)
  let sum = 0
  for (let at = 0; at <= index; at += 1) sum += trueRange(bars, at)
  return shown(sum / period)
}

function trueRange(bars: readonly Bar[], index: number): number {
  const { high = 0, low = 0 } = bars[index] ?? {}
  const last = bars[index - 1]?.close
  if (last === undefined) return high - low
  return Math.max(high - low, Math.abs(high - last), Math.abs(low - last))
}

/**
 * The difference of two exponential averages, its own average (the signal), and the difference of
 * both. Keeps the two averages (NaN before they begin), and the sum and number of the first values.
 */
function macd(
  bars: readonly Bar[],
  index: number,
  { params: [fastPeriod = 1, slowPeriod = 1, signalPeriod = 1], source }: IndicatorSpec,
  before?: Memo,
): Memo {
  const [keptFast = NaN, keptSlow = NaN, keptSum = 0, keptCount = 0] = before?.kept ?? []
  const known = (value: number): Value => (Number.isNaN(value) ? null : value)
  const fast = ema(bars, index, fastPeriod, source, known(keptFast))
  const slow = ema(bars, index, slowPeriod, source, known(keptSlow))
  if (fast === null || slow === null) {
    return { values: [null, null, null], kept: [fast ?? NaN, slow ?? NaN, 0, 0] }
  }
  const value = fast - slow
  const [sum, count] = [keptSum + value, keptCount + 1]
  const kept = [fast, slow, sum, count]
  const last = before?.values[1] ?? null
  const first = count === signalPeriod ? sum / count : null
  const signal = last === null ? first : towards(last, value, signalPeriod)
  return { values: [value, signal, signal === null ? null : value - signal], kept }
}

function price(bars: readonly Bar[], index: number, source: Source): number {
  const bar = bars[index]
  return bar ? priceOf(bar, source) : NaN
}
