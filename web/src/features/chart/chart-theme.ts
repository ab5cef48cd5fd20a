/** The page's colours for the chart, whose canvas can't use CSS variables. */

import type { Indicator } from '@/features/chart/chart-settings'

export type ChartColours = {
  background: string
  text: string
  grid: string
  line: string
  up: string
  down: string
  upVolume: string
  downVolume: string
  warn: string
  accent: string
  ink: string
  panel: string
}

export function chartColours(): ChartColours {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(`--v-${name}`).trim()
  return {
    background: colour('panel'),
    panel: colour('panel'),
    text: colour('faint'),
    grid: colour('line'),
    line: colour('edge'),
    up: colour('up'),
    down: colour('down'),
    upVolume: `${colour('up')}55`,
    downVolume: `${colour('down')}55`,
    warn: colour('warn'),
    accent: colour('accent'),
    ink: colour('ink'),
  }
}

export const INDICATOR_COLOURS: Record<Indicator, string> = {
  ma7: '#d9a520',
  ma25: '#9d6bff',
  ma99: '#3f9df5',
  vwap: '#e0569b',
}
