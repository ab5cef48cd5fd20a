/** The colours of what every chart has around its series. */

import type { ChartOptions, DeepPartial } from 'lightweight-charts'

export type FrameColours = Record<'background' | 'text' | 'grid' | 'line', string>

/** The lines between the panes of a chart. */
type Panes = NonNullable<NonNullable<DeepPartial<ChartOptions>['layout']>['panes']>

export function frameOptions(
  { background, text, grid, line }: FrameColours,
  panes: Panes,
): DeepPartial<ChartOptions> {
  return {
    layout: { background: { color: background }, textColor: text, panes },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    crosshair: {
      vertLine: { color: line, labelBackgroundColor: line },
      horzLine: { color: line, labelBackgroundColor: line },
    },
    rightPriceScale: { borderColor: grid },
    timeScale: { borderColor: grid },
  }
}
