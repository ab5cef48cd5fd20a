import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { AccountPerformance } from '@/api/schema'
import { curveOf, type CurvePoint, type Mark, marksOf } from '@/features/portfolio/curve'
import { Section } from '@/features/portfolio/section'
import * as format from '@/format'
import { Moment, ZoneName } from '@/time-zone'
import { ChartAttribution } from '@/ui/chart-attribution'
import { Loading } from '@/ui/states'
import { Segmented } from '@/ui/tabs'

const EquityCanvas = lazy(async () => ({
  default: (await import('@/features/portfolio/equity-canvas')).EquityCanvas,
}))

type Form = 'chart' | 'table'

/** The equity of the account over time, as a chart or as a table. */
export function EquitySection({ found }: { found: AccountPerformance }) {
  const [form, setForm] = useState<Form>('chart')
  const [points, marks] = useMemo(() => {
    const points = curveOf(found)
    return [points, marksOf(found, points)] as const
  }, [found])
  return (
    <Section
      title={t`Equity`}
      about={t`What the account was worth, with the fall from its peak below. Recorded once a minute; the last point is of now.`}
      aside={
        <Segmented<Form>
          label={t`Show the equity as`}
          value={form}
          onChange={setForm}
          className="border border-line p-0.5"
          options={[
            { value: 'chart', label: t`Chart` },
            { value: 'table', label: t`Table` },
          ]}
        />
      }
    >
      {form === 'chart' ? (
        <>
          <Suspense fallback={<Loading label={t`Loading the chart`} />}>
            <EquityCanvas points={points} marks={marks} />
          </Suspense>
          <p className="mt-2 text-2xs text-faint">
            <Trans>
              Charts by <ChartAttribution />
            </Trans>
          </p>
        </>
      ) : (
        <PointTable points={points} marks={marks} />
      )}
    </Section>
  )
}

type PointTableProps = { points: readonly CurvePoint[]; marks: readonly Mark[] }

/** All points, newest first. */
function PointTable({ points, marks }: PointTableProps) {
  const eventsAt = (time: number) => marks.filter(({ at }) => at === time).map(({ about }) => about)
  return (
    <div
      role="region"
      aria-label={t`Points of the curve`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls by keyboard
      tabIndex={0}
      className="h-96 overflow-auto"
    >
      <table aria-label={t`Equity over time`} className="w-full min-w-[36rem] table-fixed text-xs">
        <thead className="sticky top-0 bg-panel text-faint">
          <tr>
            <th scope="col" className="h-8 w-40 px-2 text-left font-normal">
              <Trans>
                Time (<ZoneName />)
              </Trans>
            </th>
            <th scope="col" className="w-28 px-2 text-right font-normal">
              {t`Equity (USD)`}
            </th>
            <th scope="col" className="w-24 px-2 text-right font-normal">
              {t`Drawdown`}
            </th>
            <th scope="col" className="w-64 px-2 text-left font-normal">
              {t`Event`}
            </th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ time, equity, drawdown }) => (
            <tr key={time} className="h-8 border-t border-line">
              <td className="px-2">
                <Moment at={time} />
              </td>
              <td className="px-2 text-right">{format.usd(equity)}</td>
              <td className="px-2 text-right">{format.percent(drawdown)}</td>
              <td className="px-2 text-soft">{eventsAt(time).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
