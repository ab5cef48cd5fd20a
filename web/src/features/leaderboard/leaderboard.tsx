import { useState } from 'react'
import type { LeaderboardQuery } from '@/api/client'
import { sentence } from '@/api/errors'
import type { Leaderboard as Board, Standing } from '@/api/schema'
import { useLeaderboard } from '@/features/leaderboard/queries'
import * as format from '@/format'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { Empty, Failed, Loading } from '@/ui/states'
import { Segmented } from '@/ui/tabs'

export type BoardPeriod = LeaderboardQuery['period']
export type RankedBy = LeaderboardQuery['by']

/** The number of accounts that are listed at first, and the most that the server lists. */
const LISTED = 50
const LISTED_MAX = 100

const PERIODS: { value: BoardPeriod; label: string }[] = [
  { value: 'day', label: '24 hours' },
  { value: 'week', label: '7 days' },
  { value: 'all', label: 'All time' },
]

const ORDERS: { value: RankedBy; label: string }[] = [
  { value: 'return', label: 'By return' },
  { value: 'drawdown', label: 'By drawdown' },
]

type LeaderboardProps = {
  period: BoardPeriod
  by: RankedBy
  onChange: (query: { period: BoardPeriod; by: RankedBy }) => void
}

/** The accounts that take part, best first; the visitor's own ones are marked. */
export function Leaderboard({ period, by, onChange }: LeaderboardProps) {
  const [limit, setLimit] = useState(LISTED)
  const { data, error, isPending, isPlaceholderData, refetch } = useLeaderboard({
    period,
    by,
    limit,
  })
  return (
    <section aria-label="Ranking" className="min-w-0 rounded-xl border border-line bg-panel">
      <header className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <Segmented<BoardPeriod>
          label="Period"
          value={period}
          onChange={(chosen) => onChange({ period: chosen, by })}
          className="border border-line p-0.5"
          options={PERIODS}
        />
        <Segmented<RankedBy>
          label="Order"
          value={by}
          onChange={(chosen) => onChange({ period, by: chosen })}
          className="border border-line p-0.5"
          options={ORDERS}
        />
        {data && (
          <p className="ml-auto text-xs text-faint">
            {data.accounts === 1 ? '1 account' : `${data.accounts} accounts`} · as of{' '}
            <Moment at={data.asOf} /> <ZoneName />
          </p>
        )}
      </header>
      {isPending && <Loading label="Loading the leaderboard" />}
      {error && !data && <Failed message={sentence(error)} onRetry={() => void refetch()} />}
      {data && (
        <div aria-busy={isPlaceholderData}>
          <Ranking board={data} />
          {data.accounts > data.standings.length && limit < LISTED_MAX && (
            <div className="flex justify-center border-t border-line p-3">
              <Button onClick={() => setLimit(LISTED_MAX)}>Show the first {LISTED_MAX}</Button>
            </div>
          )}
        </div>
      )}
    </section>
  )
}

function Ranking({ board: { standings, own } }: { board: Board }) {
  if (standings.length === 0) {
    return <Empty title="Nobody is here yet">Take part and trade, and you are the first.</Empty>
  }
  const isOwn = ({ trader }: Standing) => own.some((each) => each.trader === trader)
  const below = own.filter(({ trader }) => standings.every((each) => each.trader !== trader))
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by keyboard
    <div className="overflow-x-auto" role="region" aria-label="Standings" tabIndex={0}>
      <table aria-label="Leaderboard" className="w-full min-w-[44rem] table-fixed text-xs">
        <thead>
          <tr className="text-faint">
            <th scope="col" className="h-9 w-14 px-3 text-right font-normal">
              Rank
            </th>
            <th scope="col" className="w-52 px-3 text-left font-normal">
              Account
            </th>
            <th scope="col" className="w-24 px-3 text-right font-normal">
              Return
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              Max drawdown
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              P&L (USD)
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              Equity (USD)
            </th>
            <th scope="col" className="w-24 px-3 text-left font-normal">
              Resets
            </th>
          </tr>
        </thead>
        <tbody>
          {standings.map((standing) => (
            <Row key={standing.trader} standing={standing} isOwn={isOwn(standing)} />
          ))}
        </tbody>
        {below.length > 0 && (
          <tbody>
            <tr className="border-t border-line">
              <th scope="rowgroup" colSpan={7} className="h-8 px-3 text-left font-normal text-soft">
                Your other accounts
              </th>
            </tr>
            {below.map((standing) => (
              <Row key={standing.trader} standing={standing} isOwn />
            ))}
          </tbody>
        )}
      </table>
    </div>
  )
}

function Row({ standing, isOwn }: { standing: Standing; isOwn: boolean }) {
  const { rank, name, trader, resets, lastReset } = standing
  const [total, pnl] = [BigInt(standing.returnInt), BigInt(standing.pnlInt)]
  return (
    <tr
      data-own={isOwn}
      className={cx('border-t border-line', isOwn ? 'bg-hover' : 'hover:bg-raised')}
    >
      <td className="h-11 px-3 text-right font-medium">{rank}</td>
      <th scope="row" className="px-3 text-left font-normal">
        <span className="flex items-center gap-2">
          <span className="min-w-0">
            <span className="block truncate font-medium" title={name}>
              {name}
            </span>
            <span className="block truncate text-2xs text-soft">{trader}</span>
          </span>
          {isOwn && <Badge tone="warn">You</Badge>}
        </span>
      </th>
      <td className={cx('px-3 text-right font-medium', toneOf(total))}>
        {format.signedPercent(total)}
      </td>
      <td className="px-3 text-right">{format.percent(BigInt(standing.maxDrawdownInt))}</td>
      <td className={cx('px-3 text-right', toneOf(pnl))}>{format.signedUsd(pnl)}</td>
      <td className="px-3 text-right">{format.usd(BigInt(standing.equityInt))}</td>
      <td className="px-3">
        {resets === 0 ? (
          <span className="text-soft">None</span>
        ) : (
          <span title={lastReset === null ? undefined : `Last on ${dayOf(lastReset)} (UTC)`}>
            <Badge tone="warn">{resets === 1 ? '1 reset' : `${resets} resets`}</Badge>
          </span>
        )}
      </td>
    </tr>
  )
}

function dayOf(ms: number): string {
  return format.dateTime(ms, 'utc').slice(0, 10)
}

function toneOf(value: bigint): string {
  return cx(value > 0n && 'text-up', value < 0n && 'text-down')
}
