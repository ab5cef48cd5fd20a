import { select, t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import type { AccountPerformance, ClosedPositionResult, PerformanceDay } from '@/api/schema'
import { dayOf } from '@/features/portfolio/period'
import { Section, Signed } from '@/features/portfolio/section'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { ShareButton } from '@/share/share-button'

/** The best and the worst day, and the best and the worst closed position. */
export function ExtremesSection({ found }: { found: AccountPerformance }) {
  const { bestDay, worstDay, bestPosition, worstPosition } = found
  return (
    <Section title={t`Best and worst`} about={t`By P&L after costs.`}>
      <ul className="flex flex-col divide-y divide-line">
        <DayLine name={t`Best day`} day={bestDay} />
        <DayLine name={t`Worst day`} day={worstDay} />
        <PositionLine
          name={t`Best position`}
          shareLabel={t`Share the best position`}
          position={bestPosition}
        />
        <PositionLine
          name={t`Worst position`}
          shareLabel={t`Share the worst position`}
          position={worstPosition}
        />
      </ul>
    </Section>
  )
}

function DayLine({ name, day }: { name: string; day: PerformanceDay | null }) {
  return (
    <Line
      name={name}
      detail={day ? `${dayOf(day.start)} UTC` : t`There is none yet.`}
      figures={day && { pnl: BigInt(day.pnlInt), rate: BigInt(day.returnInt) }}
    />
  )
}

type PositionLineProps = {
  name: string
  shareLabel: string
  position: ClosedPositionResult | null
}

function PositionLine({ name, shareLabel, position }: PositionLineProps) {
  if (!position) return <Line name={name} detail={t`None was closed.`} figures={null} />
  const { asset, orderType: side, leverage, netPnLInt, returnOnMarginInt, positionId } = position
  const { base } = assetInfo(asset)
  const day = dayOf(position.closedAt)
  return (
    <Line
      name={name}
      detail={t`${base} ${select(side, { LONG: 'long', other: 'short' })} ${leverage}×, closed ${day} UTC`}
      figures={{
        pnl: BigInt(netPnLInt),
        rate: returnOnMarginInt === null ? null : BigInt(returnOnMarginInt),
      }}
      aside={<ShareButton positionId={positionId} label={shareLabel} className="size-8" />}
    />
  )
}

type LineProps = {
  name: string
  detail: string
  figures: { pnl: bigint; rate: bigint | null } | null
  aside?: ReactNode
}

function Line({ name, detail, figures, aside }: LineProps) {
  return (
    <li className="flex min-h-14 items-center gap-3 py-2">
      <div className="min-w-0 flex-1">
        <p>{name}</p>
        <p className="text-xs text-faint">{detail}</p>
      </div>
      {figures && (
        <p className="text-right leading-4">
          <Signed value={figures.pnl} text={`${format.signedUsd(figures.pnl)} USD`} />
          {figures.rate !== null && (
            <span className="block text-xs text-soft">{format.signedPercent(figures.rate)}</span>
          )}
        </p>
      )}
      {aside}
    </li>
  )
}
