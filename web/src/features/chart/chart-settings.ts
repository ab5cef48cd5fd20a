import { TIMEFRAMES, type Timeframe } from '@/live/frames'
import { load, save } from '@/storage'
import { createStore } from '@/store'

export const INDICATORS = ['ma7', 'ma25', 'ma99', 'vwap'] as const
export type Indicator = (typeof INDICATORS)[number]

/** The settings of the chart, kept across visits. */
export type ChartSettings = {
  timeframe: Timeframe
  isLog: boolean
  showQuote: boolean
  showPositions: boolean
  showFills: boolean
  indicators: readonly Indicator[]
  /** The distance between candles in pixels. */
  barSpacing: number
}

const DEFAULTS: ChartSettings = {
  timeframe: '1m',
  isLog: false,
  showQuote: true,
  showPositions: true,
  showFills: true,
  indicators: [],
  barSpacing: 8,
}

const isSaved = (value: unknown): value is Partial<ChartSettings> =>
  typeof value === 'object' && value !== null

function restored(): ChartSettings {
  const saved = { ...DEFAULTS, ...load('chart', isSaved, {}) }
  const isKnown = TIMEFRAMES.includes(saved.timeframe) && Array.isArray(saved.indicators)
  return isKnown ? saved : DEFAULTS
}

export const chartSettings = createStore<ChartSettings>(restored())

chartSettings.subscribe(() => save('chart', chartSettings.get()))

export function changeChart(part: Partial<ChartSettings>): void {
  chartSettings.set((current) => {
    const names = Object.keys(part) as (keyof ChartSettings)[]
    return names.every((name) => part[name] === current[name]) ? current : { ...current, ...part }
  })
}

export function toggleIndicator(indicator: Indicator): void {
  const { indicators } = chartSettings.get()
  changeChart({
    indicators: indicators.includes(indicator)
      ? indicators.filter((each) => each !== indicator)
      : [...indicators, indicator],
  })
}
