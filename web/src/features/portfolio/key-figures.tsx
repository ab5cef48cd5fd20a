import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import type { AccountPerformance } from '@/api/schema'
import { Signed } from '@/features/portfolio/section'
import * as format from '@/format'

/** The key figures of a period, each with what it says. */
export function KeyFigures({ found }: { found: AccountPerformance }) {
  const { performance, positions } = found
  const [pnl, total] = [BigInt(performance.pnlInt), BigInt(performance.returnInt)]
  const { closedPositions: closed, wonPositions: won, lostPositions: lost } = positions
  return (
    <dl className="grid grid-cols-2 gap-2 sm:gap-3 md:grid-cols-3 xl:grid-cols-5">
      <Figure
        name={t`Equity`}
        about={t`What the account is worth, open positions included.`}
        unit="USD"
      >
        {format.usd(BigInt(performance.equityInt))}
      </Figure>
      <Figure
        name={t`P&L`}
        about={t`Realized and unrealized, after all costs. Deposits and resets don’t count.`}
        unit="USD"
      >
        <Signed value={pnl} text={format.signedUsd(pnl)} />
      </Figure>
      <Figure
        name={t`Return`}
        about={t`Time-weighted: money that comes in or goes out neither helps nor hurts.`}
      >
        <Signed value={total} text={format.signedPercent(total)} />
      </Figure>
      <Figure
        name={t`Max drawdown`}
        about={t`The deepest fall from a peak. A reset doesn’t wash it away.`}
      >
        {format.percent(BigInt(performance.maxDrawdownInt))}
      </Figure>
      <Figure name={t`Net deposits`} about={t`Money that came in, less what went out.`} unit="USD">
        {format.usd(BigInt(performance.netDepositsInt))}
      </Figure>
      <Figure
        name={t`Win rate`}
        about={t`Of ${closed} closed positions, ${won} won and ${lost} lost after costs.`}
      >
        {orUnknown(positions.winRateInt, (rate) => format.percent(rate))}
      </Figure>
      <Figure
        name={t`Profit factor`}
        about={t`What the winners won, divided by what the losers lost.`}
      >
        {orUnknown(positions.profitFactorInt, ratio)}
      </Figure>
      <Figure
        name={t`Sharpe ratio`}
        about={t`Average daily return for its swings, annualized. Above 1 is good; needs two days.`}
      >
        {orUnknown(performance.sharpeInt, ratio)}
      </Figure>
      <Figure
        name={t`Sortino ratio`}
        about={t`Like Sharpe, but only losing days count as risk. Needs a losing day.`}
      >
        {orUnknown(performance.sortinoInt, ratio)}
      </Figure>
      <Figure
        name={t`Average holding time`}
        about={t`From opening to close, over all closed positions.`}
      >
        {positions.averageHoldingMs === null
          ? format.UNKNOWN
          : format.duration(positions.averageHoldingMs)}
      </Figure>
    </dl>
  )
}

type FigureProps = { name: string; about: string; unit?: string; children: ReactNode }

function Figure({ name, about, unit, children }: FigureProps) {
  return (
    <div className="flex flex-col rounded-xl border border-line bg-panel p-3 sm:p-4">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="mt-1 text-lg font-semibold tracking-tight break-words sm:text-xl">
        {children}
        {unit && <span className="ml-1 text-xs font-normal text-faint">{unit}</span>}
      </dd>
      <dd className="mt-1 text-2xs text-faint">{about}</dd>
    </div>
  )
}

/** Formats a ratio that may not exist. */
export function orUnknown(scaled: string | null, print: (value: bigint) => string): string {
  return scaled === null ? format.UNKNOWN : print(BigInt(scaled))
}

/** Formats a ratio with two decimals. */
export function ratio(value: bigint): string {
  return format.fixed(value, 2, 'nearest')
}
