/** The page's colours for the chart, whose canvas can't use CSS variables. */

import { palette } from '@/theme'

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
  accentTint: string
  ink: string
  panel: string
}

export function chartColours(): ChartColours {
  const colour = palette()
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
    accentTint: `${colour('accent')}33`,
    ink: colour('ink'),
  }
}
