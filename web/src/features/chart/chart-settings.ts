import {
  INDICATORS_MAX,
  type IndicatorSpec,
  isIndicator,
  newIndicator,
  ofEarlier,
} from '@/features/chart/indicator-specs'
import { TIMEFRAMES, type Timeframe } from '@/live/frames'
import { load, save } from '@/storage'
import { createStore } from '@/store'

export const CHART_TYPES = ['candles', 'bars', 'line', 'area', 'heikinAshi'] as const
export type ChartType = (typeof CHART_TYPES)[number]

/** The settings of the chart, kept across visits. */
export type ChartSettings = {
  /** Absent in what versions saved that had four fixed indicators. */
  version: 2
  timeframe: Timeframe
  /** The timeframes with a button of their own where there is no place for all. */
  favourites: readonly Timeframe[]
  chartType: ChartType
  isLog: boolean
  showQuote: boolean
  showPositions: boolean
  showFills: boolean
  /** Whether the time until the end of the candle is shown at the last price. */
  showCountdown: boolean
  /** Whether the drawing tools are shown at the left, where there is place. */
  showTools: boolean
  /** Whether points of drawings snap to the prices of candles. */
  hasMagnet: boolean
  indicators: readonly IndicatorSpec[]
  /** The relative heights of panes, by the indicator's id; `price` is that of the candles. */
  paneHeights: Readonly<Record<string, number>>
  /** The distance between candles in pixels. */
  barSpacing: number
}

export const CHART_DEFAULTS: ChartSettings = {
  version: 2,
  timeframe: '1m',
  favourites: ['1m', '15m', '1h'],
  chartType: 'candles',
  isLog: false,
  showQuote: true,
  showPositions: true,
  showFills: true,
  showCountdown: true,
  showTools: true,
  hasMagnet: false,
  indicators: [newIndicator('volume', [])],
  paneHeights: {},
  barSpacing: 8,
}

type Saved = Record<string, unknown>

const isSaved = (value: unknown): value is Saved => typeof value === 'object' && value !== null

/** Returns the settings of what was saved, by this version or an earlier one. */
export function restoredChart(saved: Saved): ChartSettings {
  const merged = { ...CHART_DEFAULTS, ...(saved as Partial<ChartSettings>) }
  const isTimeframe = (value: unknown) => TIMEFRAMES.some((each) => each === value)
  const lists: readonly unknown[] = [merged.indicators, merged.favourites]
  const isKnown =
    isTimeframe(merged.timeframe) &&
    CHART_TYPES.includes(merged.chartType) &&
    lists.every((list) => Array.isArray(list)) &&
    isSaved(merged.paneHeights)
  if (!isKnown) return CHART_DEFAULTS
  const isEarlier = saved.version !== 2 && 'indicators' in saved
  return {
    ...merged,
    version: 2,
    favourites: merged.favourites.filter(isTimeframe),
    indicators: isEarlier
      ? ofEarlier(merged.indicators)
      : merged.indicators.filter(isIndicator).slice(0, INDICATORS_MAX),
  }
}

export const chartSettings = createStore<ChartSettings>(restoredChart(load('chart', isSaved, {})))

chartSettings.subscribe(() => save('chart', chartSettings.get()))

export function changeChart(part: Partial<ChartSettings>): void {
  chartSettings.set((current) => {
    const names = Object.keys(part) as (keyof ChartSettings)[]
    return names.every((name) => part[name] === current[name]) ? current : { ...current, ...part }
  })
}

export function addIndicator(kind: IndicatorSpec['kind']): void {
  const { indicators } = chartSettings.get()
  if (indicators.length >= INDICATORS_MAX) return
  changeChart({ indicators: [...indicators, newIndicator(kind, indicators)] })
}

export function changeIndicator(id: string, part: Partial<IndicatorSpec>): void {
  const { indicators } = chartSettings.get()
  changeChart({
    indicators: indicators.map((each) => (each.id === id ? { ...each, ...part } : each)),
  })
}

export function removeIndicator(id: string): void {
  const { indicators } = chartSettings.get()
  changeChart({ indicators: indicators.filter((each) => each.id !== id) })
}

export function toggleFavourite(timeframe: Timeframe): void {
  const { favourites } = chartSettings.get()
  const kept = favourites.filter((each) => each !== timeframe)
  const next = kept.length < favourites.length ? kept : [...favourites, timeframe]
  changeChart({ favourites: TIMEFRAMES.filter((each) => next.includes(each)) })
}
