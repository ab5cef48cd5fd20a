import { type ReactNode, useState } from 'react'
import { Costs } from '@/features/positions/costs'
import { CloseReasonBadge } from '@/features/positions/close-reason-badge'
import { MoreRows } from '@/features/positions/more-rows'
import { PositionLabel, Size } from '@/features/positions/position-label'
import { sorted } from '@/features/positions/sort'
import { toneOf } from '@/features/positions/live-cells'
import { sentence } from '@/api/errors'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { returnOnMargin } from '@/rules'
import { ShareButton } from '@/share/share-button'
import { Moment, ZoneName } from '@/time-zone'
import { type ClosedPosition, costsOf, feesOf, hasHadCosts, netPnl } from '@/trading/account'
import { useClosedPositions } from '@/trading/queries'
import { cx } from '@/ui/class-names'
import { Empty, Failed, Loading } from '@/ui/states'
import { type Column, type Sort, Table } from '@/ui/table'
import { useMedia } from '@/ui/use-media'

type Key =
  | 'asset'
  | 'size'
  | 'entry'
  | 'exit'
  | 'margin'
  | 'pnl'
  | 'costs'
  | 'reason'
  | 'duration'
  | 'closed'

const right = (
  key: Key,
  width: string,
  label: ReactNode,
  cell: Column<ClosedPosition, Key>['cell'],
): Column<ClosedPosition, Key> => ({ key, width, label, cell, align: 'right', sortable: true })

/** The columns; those of the costs only where a position has had some. */
const columns = (hasCostly: boolean): Column<ClosedPosition, Key>[] => [
  {
    key: 'asset',
    width: 'w-[13%]',
    label: 'Position',
    sortable: true,
    cell: (p) => <PositionLabel position={p} />,
  },
  right('size', 'w-[10%]', 'Size', (p) => <Size position={p} />),
  right('entry', 'w-[8%]', 'Entry', (p) => format.price(p.asset, p.executionPrice)),
  right('exit', 'w-[8%]', 'Exit', (p) => format.price(p.asset, p.closePrice)),
  right('margin', 'w-[7%]', 'Margin', (p) => format.usd(p.margin, 'ceiling')),
  right('pnl', 'w-[9%]', hasCostly ? 'Net P&L' : 'Realized P&L', (p) => <NetPnl position={p} />),
  ...(hasCostly ? [right('costs', 'w-[10%]', 'Costs', (p) => <Costs position={p} />)] : []),
  {
    key: 'reason',
    width: 'w-[12%]',
    label: 'Closed by',
    sortable: true,
    cell: (p) => <CloseReasonBadge position={p} />,
  },
  right('duration', 'w-[8%]', 'Held', (p) => format.duration(p.closedAt - p.createdAt)),
  right(
    'closed',
    'w-[14%]',
    <span>
      Closed at (<ZoneName />)
    </span>,
    (p) => (
      <span className="inline-flex items-center gap-1">
        <Moment at={p.closedAt} />
        <ShareButton positionId={p.orderId} label={shareLabel(p)} />
      </span>
    ),
  ),
]

export function ClosedPositions() {
  const closed = useClosedPositions()
  const isWide = useMedia('(min-width: 64rem)')
  const [sort, setSort] = useState<Sort<Key>>({ by: 'closed', descending: true })
  if (closed.isPending) return <Loading label="Loading closed positions" />
  if (!closed.data) {
    return <Failed message={sentence(closed.error)} onRetry={() => void closed.refetch()} />
  }
  const positions = closed.data.pages.flatMap((page) => page.positions)
  const hasCostly = positions.some(hasHadCosts)
  if (positions.length === 0) {
    return <Empty title="No closed positions yet">Closed positions appear here.</Empty>
  }
  return (
    <>
      {isWide ? (
        <Table
          label="Closed positions"
          grows
          minWidth={hasCostly ? 'min-w-[69rem]' : 'min-w-[62rem]'}
          columns={columns(hasCostly)}
          rows={sorted(positions, sort, keyOf)}
          rowKey={(position) => position.orderId}
          sort={sort}
          onSort={setSort}
          footer={<MoreRows list={closed} />}
        />
      ) : (
        <>
          <ul aria-label="Closed positions" className="flex flex-col gap-2 p-2">
            {positions.map((position) => (
              <ClosedCard key={position.orderId} position={position} />
            ))}
          </ul>
          <MoreRows list={closed} />
        </>
      )}
    </>
  )
}

function ClosedCard({ position }: { position: ClosedPosition }) {
  return (
    <li className="rounded-lg border border-line bg-panel p-3 text-xs">
      <div className="flex items-start justify-between">
        <PositionLabel position={position} />
        <span className="flex items-start gap-1">
          <NetPnl position={position} />
          <ShareButton positionId={position.orderId} label={shareLabel(position)} />
        </span>
      </div>
      <div className="mt-2 flex items-center justify-between text-soft">
        <CloseReasonBadge position={position} />
        <span>
          {format.price(position.asset, position.executionPrice)} →{' '}
          {format.price(position.asset, position.closePrice)}
        </span>
      </div>
      <p className="mt-2 text-2xs text-faint">
        <Moment at={position.closedAt} /> <ZoneName />, held{' '}
        {format.duration(position.closedAt - position.createdAt)}
      </p>
      {hasHadCosts(position) && (
        <p className="mt-1 text-2xs text-faint">
          Net of {format.usd(feesOf(position), 'ceiling')} fees
          {position.funding !== 0n && ` and ${format.signedUsd(position.funding)} funding`}; P&L{' '}
          {format.signedUsd(position.finalPnl)}
        </p>
      )}
    </li>
  )
}

function shareLabel({ asset }: ClosedPosition): string {
  return `closed ${assetInfo(asset).base} position`
}

/** The P&L after fees and fundings, of which most markets have none. */
function NetPnl({ position }: { position: ClosedPosition }) {
  const { margin } = position
  const pnl = netPnl(position)
  const tone = { up: 'text-up', down: 'text-down', plain: '' }[toneOf(pnl)]
  return (
    <span className={cx('flex flex-col text-right leading-4', tone)}>
      <span className="font-medium">{format.signedUsd(pnl)}</span>
      <span className="text-2xs">{format.signedPercent(returnOnMargin(pnl, margin))}</span>
    </span>
  )
}

function keyOf(position: ClosedPosition, by: Key): bigint | number | string {
  switch (by) {
    case 'size':
      return position.qty * position.executionPrice
    case 'entry':
      return position.executionPrice
    case 'exit':
      return position.closePrice
    case 'margin':
      return position.margin
    case 'pnl':
      return netPnl(position)
    case 'costs':
      return costsOf(position)
    case 'reason':
      return position.closeReason
    case 'duration':
      return position.closedAt - position.createdAt
    case 'closed':
      return position.closedAt
    default:
      return position.asset
  }
}
