import { plural, t } from '@lingui/core/macro'
import { Plural, Trans } from '@lingui/react/macro'
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

const periods = (): { value: BoardPeriod; label: string }[] => [
  { value: 'day', label: t`24 hours` },
  { value: 'week', label: t`7 days` },
  { value: 'all', label: t`All time` },
]

const orders = (): { value: RankedBy; label: string }[] => [
  { value: 'return', label: t`By return` },
  { value: 'drawdown', label: t`By drawdown` },
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
  const accounts = data?.accounts ?? 0
  const most = LISTED_MAX
  return (
    <section aria-label={t`Ranking`} className="min-w-0 rounded-xl border border-line bg-panel">
      <header className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <Segmented<BoardPeriod>
          label={t`Period`}
          value={period}
          onChange={(chosen) => onChange({ period: chosen, by })}
          className="border border-line p-0.5"
          options={periods()}
        />
        <Segmented<RankedBy>
          label={t({ message: 'Order', context: 'sorting' })}
          value={by}
          onChange={(chosen) => onChange({ period, by: chosen })}
          className="border border-line p-0.5"
          options={orders()}
        />
        {data && (
          <p className="ml-auto text-xs text-faint">
            <Trans>
              <Plural value={accounts} one="# account" other="# accounts" /> · as of{' '}
              <Moment at={data.asOf} /> <ZoneName />
            </Trans>
          </p>
        )}
      </header>
      {isPending && <Loading label={t`Loading the leaderboard`} />}
      {error && !data && <Failed message={sentence(error)} onRetry={() => void refetch()} />}
      {data && (
        <div aria-busy={isPlaceholderData}>
          <Ranking board={data} />
          {data.accounts > data.standings.length && limit < LISTED_MAX && (
            <div className="flex justify-center border-t border-line p-3">
              <Button onClick={() => setLimit(LISTED_MAX)}>{t`Show the first ${most}`}</Button>
            </div>
          )}
        </div>
      )}
    </section>
  )
}

function Ranking({ board: { standings, own } }: { board: Board }) {
  if (standings.length === 0) {
    return (
      <Empty title={t`Nobody is here yet`}>{t`Take part and trade, and you are the first.`}</Empty>
    )
  }
  const isOwn = ({ trader }: Standing) => own.some((each) => each.trader === trader)
  const below = own.filter(({ trader }) => standings.every((each) => each.trader !== trader))
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by keyboard
    <div className="overflow-x-auto" role="region" aria-label={t`Standings`} tabIndex={0}>
      <table aria-label={t`Leaderboard`} className="w-full min-w-[44rem] table-fixed text-xs">
        <thead>
          <tr className="text-faint">
            <th scope="col" className="h-9 w-14 px-3 text-right font-normal">
              {t`Rank`}
            </th>
            <th scope="col" className="w-52 px-3 text-left font-normal">
              {t`Account`}
            </th>
            <th scope="col" className="w-24 px-3 text-right font-normal">
              {t`Return`}
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              {t`Max drawdown`}
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              {t`P&L (USD)`}
            </th>
            <th scope="col" className="w-28 px-3 text-right font-normal">
              {t`Equity (USD)`}
            </th>
            <th scope="col" className="w-24 px-3 text-left font-normal">
              {t`Resets`}
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
                {t`Your other accounts`}
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
  const day = lastReset === null ? null : dayOf(lastReset)
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
          {isOwn && <Badge tone="warn">{t`You`}</Badge>}
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
          <span className="text-soft">{t({ message: 'None', context: 'resets' })}</span>
        ) : (
          <span title={day === null ? undefined : t`Last on ${day} (UTC)`}>
            <Badge tone="warn">{plural(resets, { one: '# reset', other: '# resets' })}</Badge>
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
