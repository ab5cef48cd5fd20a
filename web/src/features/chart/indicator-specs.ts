/** What a trader can set of an indicator, and its form in storage. Pure. */

import type { MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { type Source, SOURCES } from '@/features/chart/bars'
import { inNotation } from '@/notation'

export const INDICATOR_KINDS = [
  'sma',
  'ema',
  'bollinger',
  'vwap',
  'volume',
  'rsi',
  'macd',
  'atr',
] as const
export type IndicatorKind = (typeof INDICATOR_KINDS)[number]

/** The beginning of the time over which VWAP averages, in UTC. */
export const ANCHORS = ['day', 'week', 'month'] as const
export type Anchor = (typeof ANCHORS)[number]

/** A setting that is a number. */
export type Param = {
  label: MessageDescriptor
  initial: number
  min: number
  max: number
  step: number
}

export type KindInfo = {
  /** The short name in the legend. */
  name: string
  /** The whole name in menus. */
  title: MessageDescriptor
  /** Whether it has a pane of its own, rather than being drawn over the candles. */
  hasPane: boolean
  params: readonly Param[]
  hasSource: boolean
  /** Its lines, with their colours at first. Volume has two colours for its one line. */
  colours: readonly { label: MessageDescriptor; initial: string }[]
}

const period = (
  initial: number,
  label = msg({ message: 'Period', context: 'indicator' }),
): Param => ({
  label,
  initial,
  min: 1,
  max: 500,
  step: 1,
})

const YELLOW = '#d9a520'
const VIOLET = '#9d6bff'
const BLUE = '#3f9df5'
const PINK = '#e0569b'
const ORANGE = '#ef7d3b'
const TEAL = '#1fa99a'
const GREEN = '#26a17b'
const RED = '#e5505c'
const GREY = '#8a94a6'

/** The colours that a further indicator of the same kind gets, in turn. */
export const PALETTE = [YELLOW, VIOLET, BLUE, PINK, ORANGE, TEAL, GREEN, RED, GREY] as const

export const KINDS: Record<IndicatorKind, KindInfo> = {
  sma: {
    name: 'SMA',
    title: msg`Moving average (SMA)`,
    hasPane: false,
    params: [period(20)],
    hasSource: true,
    colours: [{ label: msg({ message: 'Line', context: 'indicator' }), initial: YELLOW }],
  },
  ema: {
    name: 'EMA',
    title: msg`Exponential moving average (EMA)`,
    hasPane: false,
    params: [period(21)],
    hasSource: true,
    colours: [{ label: msg({ message: 'Line', context: 'indicator' }), initial: VIOLET }],
  },
  bollinger: {
    name: 'BB',
    title: msg`Bollinger bands`,
    hasPane: false,
    params: [
      period(20),
      { label: msg`Standard deviations`, initial: 2, min: 0.1, max: 10, step: 0.1 },
    ],
    hasSource: true,
    colours: [
      { label: msg({ message: 'Middle', context: 'band' }), initial: ORANGE },
      { label: msg({ message: 'Upper', context: 'band' }), initial: BLUE },
      { label: msg({ message: 'Lower', context: 'band' }), initial: BLUE },
    ],
  },
  vwap: {
    name: 'VWAP',
    title: msg`Volume-weighted average price (VWAP)`,
    hasPane: false,
    params: [],
    hasSource: true,
    colours: [{ label: msg({ message: 'Line', context: 'indicator' }), initial: PINK }],
  },
  volume: {
    name: 'Vol',
    title: msg`Volume`,
    hasPane: true,
    params: [],
    hasSource: false,
    colours: [
      { label: msg({ message: 'Rising', context: 'candle' }), initial: GREEN },
      { label: msg({ message: 'Falling', context: 'candle' }), initial: RED },
    ],
  },
  rsi: {
    name: 'RSI',
    title: msg`Relative strength index (RSI)`,
    hasPane: true,
    params: [period(14)],
    hasSource: true,
    colours: [{ label: msg({ message: 'Line', context: 'indicator' }), initial: VIOLET }],
  },
  macd: {
    name: 'MACD',
    title: msg`Moving average convergence divergence (MACD)`,
    hasPane: true,
    params: [
      period(12, msg`Fast period`),
      period(26, msg`Slow period`),
      period(9, msg`Signal period`),
    ],
    hasSource: true,
    colours: [
      { label: msg`MACD`, initial: BLUE },
      { label: msg`Signal`, initial: ORANGE },
      { label: msg`Histogram`, initial: GREY },
    ],
  },
  atr: {
    name: 'ATR',
    title: msg`Average true range (ATR)`,
    hasPane: true,
    params: [period(14)],
    hasSource: false,
    colours: [{ label: msg({ message: 'Line', context: 'indicator' }), initial: TEAL }],
  },
}

/** An indicator on the chart. */
export type IndicatorSpec = {
  id: string
  kind: IndicatorKind
  /** The numbers of `KindInfo.params`, in their order. */
  params: readonly number[]
  source: Source
  anchor: Anchor
  /** Of `KindInfo.colours`, in their order: `#rrggbb`. */
  colours: readonly string[]
  isHidden: boolean
}

/** The maximum number of indicators; each more one costs time in every frame. */
export const INDICATORS_MAX = 12

/** Returns a new indicator that differs in colour from those of its kind. */
export function newIndicator(kind: IndicatorKind, others: readonly IndicatorSpec[]): IndicatorSpec {
  const { params, colours } = KINDS[kind]
  const used = new Set(others.flatMap((other) => other.colours))
  const free = PALETTE.find((colour) => !used.has(colour))
  const twin = others.some((other) => other.kind === kind)
  return {
    id: freeId(kind, others),
    kind,
    params: params.map(({ initial }) => initial),
    source: kind === 'vwap' ? 'hlc3' : 'close',
    anchor: 'day',
    colours: colours.map(({ initial }, index) => (twin && free && index === 0 ? free : initial)),
    isHidden: false,
  }
}

function freeId(kind: IndicatorKind, others: readonly IndicatorSpec[]): string {
  const taken = new Set(others.map(({ id }) => id))
  let number = 1
  while (taken.has(`${kind}-${number}`)) number += 1
  return `${kind}-${number}`
}

/** Returns the short name with its settings: `SMA 20`, `BB 20 2`, `VWAP week`. */
export function indicatorName({ kind, params, source, anchor }: IndicatorSpec): string {
  const { name, hasSource } = KINDS[kind]
  const usual = kind === 'vwap' ? 'hlc3' : 'close'
  return [
    kind === 'volume' ? t`Vol` : name,
    ...params.map((param) => inNotation(String(param))),
    ...(kind === 'vwap' ? [anchorTag(anchor)] : []),
    ...(hasSource && source !== usual ? [sourceTag(source)] : []),
  ].join(' ')
}

function anchorTag(anchor: Anchor): string {
  return {
    day: t({ message: 'day', context: 'indicator' }),
    week: t({ message: 'week', context: 'indicator' }),
    month: t({ message: 'month', context: 'indicator' }),
  }[anchor]
}

function sourceTag(source: Source): string {
  switch (source) {
    case 'close':
      return t({ message: 'close', context: 'price of a candle' })
    case 'open':
      return t({ message: 'open', context: 'price of a candle' })
    case 'high':
      return t({ message: 'high', context: 'price of a candle' })
    case 'low':
      return t({ message: 'low', context: 'price of a candle' })
    default:
      return source
  }
}

/** Reports whether a number is allowed for a setting. */
export function isAllowed({ min, max, step }: Param, value: unknown): value is number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return false
  return step !== 1 || Number.isInteger(value)
}

export function isIndicator(value: unknown): value is IndicatorSpec {
  if (typeof value !== 'object' || value === null) return false
  const { id, kind, params, source, anchor, colours, isHidden } = value as Partial<IndicatorSpec>
  if (typeof id !== 'string' || !INDICATOR_KINDS.some((each) => each === kind)) return false
  const info = KINDS[kind as IndicatorKind]
  return (
    SOURCES.some((each) => each === source) &&
    ANCHORS.some((each) => each === anchor) &&
    typeof isHidden === 'boolean' &&
    Array.isArray(params) &&
    params.length === info.params.length &&
    info.params.every((param, index) => isAllowed(param, params[index])) &&
    Array.isArray(colours) &&
    colours.length === info.colours.length &&
    colours.every(isColour)
  )
}

export function isColour(value: unknown): value is string {
  return typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)
}

const EARLIER_AVERAGES: Record<string, { period: number; colour: string }> = {
  ma7: { period: 7, colour: YELLOW },
  ma25: { period: 25, colour: VIOLET },
  ma99: { period: 99, colour: BLUE },
}

/** Returns the indicators of names that earlier versions saved; these always showed the volume. */
export function ofEarlier(names: readonly unknown[]): IndicatorSpec[] {
  const specs: IndicatorSpec[] = [newIndicator('volume', [])]
  for (const name of names) {
    const average = EARLIER_AVERAGES[String(name)]
    if (average) {
      const { period, colour } = average
      specs.push({ ...newIndicator('sma', specs), params: [period], colours: [colour] })
    }
    if (name === 'vwap') specs.push(newIndicator('vwap', specs))
  }
  return specs
}
