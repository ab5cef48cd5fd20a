/** The columns of the list of markets. */

import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import type { DayStats } from '@/features/markets/day-stats'
import { DayChange, DayMove, LastPrice } from '@/features/markets/live-figures'
import type { MarketColumn, MarketRow } from '@/features/markets/market-order'
import { Sparkline } from '@/features/markets/sparkline'
import * as format from '@/format'
import { markOf } from '@/live/marks'
import type { Asset } from '@/markets'
import { useClock } from '@/ui/use-clock'

export type MarketCell = {
  key: MarketColumn | 'course'
  label: MessageDescriptor
  /** The width of the list from which on the column is shown. */
  shown?: string
  cell: (row: MarketRow) => ReactNode
}

const FROM_MEDIUM = 'hidden @min-[36rem]:block'
const FROM_WIDE = 'hidden @min-[44rem]:block'
const FROM_FULL = 'hidden @min-[58rem]:block'

/** The widths of the columns: star, name, and the cells that a list of this width shows. */
export const COLUMNS =
  'grid grid-cols-[2rem_minmax(0,1fr)_6rem_4.5rem] gap-x-2 @min-[36rem]:grid-cols-[2rem_minmax(0,1fr)_6.5rem_5rem_6rem_5rem] @min-[44rem]:grid-cols-[2rem_minmax(0,1fr)_6.5rem_5rem_6rem_8.5rem_5rem] @min-[58rem]:grid-cols-[2rem_minmax(0,1fr)_7.5rem_6.5rem_5.5rem_6.5rem_9rem_6.5rem_5.5rem]'

const usd = (value: bigint | null | undefined) =>
  value == null ? format.UNKNOWN : format.compact(value)

/** The cells after the name, from left to right. */
export const CELLS: readonly MarketCell[] = [
  { key: 'price', label: msg`Price`, cell: ({ info }) => <LastPrice asset={info.asset} /> },
  {
    key: 'change',
    label: msg`24h change`,
    shown: FROM_FULL,
    cell: ({ info }) => <DayMove asset={info.asset} />,
  },
  { key: 'ratio', label: msg`24h %`, cell: ({ info }) => <DayChange asset={info.asset} /> },
  {
    key: 'volume',
    label: msg`Volume USD`,
    shown: FROM_MEDIUM,
    cell: ({ stats }) => usd(stats?.quoteVolume),
  },
  {
    key: 'funding',
    label: msg`Funding`,
    shown: FROM_WIDE,
    cell: ({ info, stats }) => <FundingCell asset={info.asset} stats={stats} />,
  },
  {
    key: 'interest',
    label: msg`Open int. USD`,
    shown: FROM_FULL,
    cell: ({ stats }) => usd(stats?.openInterest),
  },
  {
    key: 'course',
    label: msg`Last 24h`,
    shown: FROM_MEDIUM,
    cell: ({ stats }) => (
      <span className="flex justify-end">{stats && <Sparkline prices={stats.sparkline} />}</span>
    ),
  },
]

/** The rate that the next funding would have now, and the time until then. */
function FundingCell({ asset, stats }: { asset: Asset; stats: DayStats | null }) {
  const now = useClock()
  // The mark prices that the page follows are newer than the fetched figures.
  const mark = markOf(asset)
  const rate = mark?.fundingRate ?? stats?.fundingRate ?? null
  const time = mark?.nextFundingTime ?? stats?.nextFundingTime ?? null
  if (rate === null) return format.UNKNOWN
  return (
    <>
      {format.rate(rate)}
      {time !== null && (
        <span className="block text-2xs leading-4 text-faint">{format.duration(time - now)}</span>
      )}
    </>
  )
}
