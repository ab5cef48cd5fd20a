import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { useEffect, useRef, useState } from 'react'
import { type CurvePoint, type Mark, pointAt } from '@/features/portfolio/curve'
import { type EquityColours, EquityView } from '@/features/portfolio/equity-view'
import * as format from '@/format'
import { palette, theme } from '@/theme'
import { useTimeZone } from '@/time-zone'

type EquityCanvasProps = { points: readonly CurvePoint[]; marks: readonly Mark[] }

/** The chart of equity and drawdown, with the values under the crosshair, or the last ones. */
export function EquityCanvas({ points, marks }: EquityCanvasProps) {
  const element = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<EquityView | null>(null)
  const [time, setTime] = useState<number | null>(null)
  const zone = useTimeZone()

  useEffect(() => view?.setCurve(points, marks), [view, points, marks])
  useEffect(() => view?.setTimeZone(zone), [view, zone])

  // The last effect, because its clean-up must run last: the others still use the chart.
  useEffect(() => {
    if (!element.current) return
    const made = new EquityView(element.current, equityColours(), setTime)
    const leaveTheme = theme.subscribe(() => made.setColours(equityColours()))
    setView(made)
    return () => {
      leaveTheme()
      setView(null)
      made.remove()
    }
  }, [])

  const shown = (time === null ? undefined : pointAt(points, time)) ?? points.at(-1)
  const equity = shown && format.usd(shown.equity)
  const drawdown = shown && format.percent(shown.drawdown)
  const told = shown ? marks.filter((mark) => mark.at === shown.time && time !== null) : []
  return (
    <div className="relative">
      <p
        className="flex min-h-5 flex-wrap gap-x-4 px-1 pb-2 text-xs text-soft"
        data-testid="equity-legend"
      >
        {shown && (
          <>
            <span>
              {format.dateTime(shown.time, zone).slice(0, 16)} {format.zoneName(zone, shown.time)}
            </span>
            <span>
              <Trans>
                Equity <span className="text-ink">{equity} USD</span>
              </Trans>
            </span>
            <span>
              <Trans>
                Drawdown{' '}
                <span className={shown.drawdown > 0n ? 'text-down' : 'text-ink'}>{drawdown}</span>
              </Trans>
            </span>
            {told.map(({ about }) => (
              <span key={about} className="text-accent">
                {about}
              </span>
            ))}
          </>
        )}
      </p>
      <div
        ref={element}
        role="img"
        aria-label={t`Chart of the account’s equity, with the drawdown below. The same figures are in the table.`}
        data-testid="equity-chart"
        data-state={view ? 'ready' : 'loading'}
        className="h-80 sm:h-96"
      />
    </div>
  )
}

/** The page's colours for the chart, whose canvas can't use CSS variables. */
function equityColours(): EquityColours {
  const colour = palette()
  return {
    background: colour('panel'),
    text: colour('faint'),
    grid: colour('line'),
    line: colour('edge'),
    equity: colour('accent'),
    drawdown: colour('down'),
    mark: colour('warn'),
  }
}
