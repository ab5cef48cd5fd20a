/** The closed positions, as the server keeps them. */

import { plural, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { records } from '@/api/records'
import type { ClosedTotals } from '@/api/schema'
import { CloseReasonBadge } from '@/features/positions/close-reason-badge'
import { Costs } from '@/features/positions/costs'
import { Fact } from '@/features/positions/fact'
import { useListQuery, useSort } from '@/features/positions/list-state'
import { toneOf } from '@/features/positions/live-cells'
import { PositionLabel, Size } from '@/features/positions/position-label'
import { SignedAmount } from '@/features/positions/signed-amount'
import { StoredList, useTotals } from '@/features/positions/stored-list'
import { useStoredList } from '@/features/positions/use-stored-list'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { returnOnMargin } from '@/rules'
import { ShareButton } from '@/share/share-button'
import { Moment, ZoneName } from '@/time-zone'
import {
  type ClosedPosition,
  costsOf,
  feesOf,
  hasHadCosts,
  netPnl,
  readClosed,
} from '@/trading/account'
import { cx } from '@/ui/class-names'
import { type Column, right as rightOf } from '@/ui/table'

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

const right = (...terms: Parameters<typeof rightOf<ClosedPosition, Key>>) => ({
  ...rightOf(...terms),
  sortable: true,
})

const columns = (): Column<ClosedPosition, Key>[] => [
  {
    key: 'asset',
    width: 140,
    label: t`Position`,
    isFixed: true,
    sortable: true,
    cell: (p) => <PositionLabel position={p} />,
  },
  right('size', 110, t`Size`, (p) => <Size position={p} />),
  right('entry', 100, t`Entry`, (p) => format.price(p.asset, p.executionPrice)),
  right('exit', 100, t`Exit`, (p) => format.price(p.asset, p.closePrice)),
  right('margin', 90, t`Margin`, (p) => format.usd(p.margin, 'ceiling')),
  right('pnl', 130, t`Net P&L`, (p) => <NetPnl position={p} />),
  right('costs', 140, t`Fees, funding`, (p) => <Costs position={p} />),
  {
    key: 'reason',
    width: 120,
    label: t`Closed by`,
    sortable: true,
    cell: (p) => <CloseReasonBadge position={p} />,
  },
  right('duration', 80, t`Held`, (p) => format.duration(p.closedAt - p.createdAt)),
  {
    ...right(
      'closed',
      190,
      <span>
        <Trans>
          Closed at (<ZoneName />)
        </Trans>
      </span>,
      (p) => (
        <span className="inline-flex items-center gap-1">
          <Moment at={p.closedAt} />
          <ShareButton positionId={p.orderId} label={shareLabel(p)} />
        </span>
      ),
    ),
    name: t`Closed at`,
  },
]

export function ClosedPositions() {
  const query = useListQuery('closed')
  const pages = useStoredList('closed-positions', query, records.closed)
  const totals = useTotals('closed-positions', query, records.closedTotals)
  const [sort, setSort] = useSort<Key>('closed', true)
  return (
    <StoredList
      list="closed"
      label={t`Closed positions`}
      loading={t`Loading closed positions`}
      pages={pages}
      rows={pages.data?.pages.flatMap((page) => page.orders.map(readClosed)) ?? null}
      rowKey={({ orderId }) => orderId}
      columns={columns()}
      sort={sort}
      onSort={setSort}
      keyOf={keyOf}
      renderCard={(position) => <ClosedCard position={position} />}
      totals={totals && totalCells(totals)}
      facts={totals && <TotalsOnPhone totals={totals} />}
      empty={{
        title: t`No closed positions yet`,
        children: t`Close a position, or let its take-profit or stop-loss do it: it comes here.`,
      }}
    />
  )
}

function totalCells(totals: ClosedTotals): Partial<Record<Key, React.ReactNode>> {
  const { orders, won } = totals
  const fees = format.exactUsd(BigInt(totals.commissionInt) + BigInt(totals.liquidationFeeInt))
  const funding = format.signedUsd(BigInt(totals.fundingInt))
  return {
    asset: plural(orders, { one: '# position', other: '# positions' }),
    size: <span className="text-faint">{t`${won} won`}</span>,
    pnl: <SignedAmount value={BigInt(totals.netPnLInt)} />,
    costs: (
      <span className="flex flex-col leading-4">
        <span>{t`${fees} fees`}</span>
        <span className="text-2xs text-soft">{t`${funding} funding`}</span>
      </span>
    ),
  }
}

function TotalsOnPhone({ totals }: { totals: ClosedTotals }) {
  const { orders, won } = totals
  return (
    <>
      <Fact
        name={plural(orders, { one: '# position', other: '# positions' })}
      >{t`${won} won`}</Fact>
      <Fact name={t`Net P&L`}>
        <SignedAmount value={BigInt(totals.netPnLInt)} />
      </Fact>
      <Fact name={t`Fees`}>{format.exactUsd(BigInt(totals.commissionInt))}</Fact>
    </>
  )
}

function ClosedCard({ position }: { position: ClosedPosition }) {
  const held = format.duration(position.closedAt - position.createdAt)
  return (
    <>
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
        <Trans>
          <Moment at={position.closedAt} /> <ZoneName />, held {held}
        </Trans>
      </p>
      {hasHadCosts(position) && <p className="mt-1 text-2xs text-faint">{costWords(position)}</p>}
    </>
  )
}

function costWords(position: ClosedPosition): string {
  const fees = format.usd(feesOf(position), 'ceiling')
  const funding = format.signedUsd(position.funding)
  const pnl = format.signedUsd(position.finalPnl)
  return position.funding === 0n
    ? t`Net of ${fees} fees; P&L ${pnl}`
    : t`Net of ${fees} fees and ${funding} funding; P&L ${pnl}`
}

function shareLabel({ asset }: ClosedPosition): string {
  const { base } = assetInfo(asset)
  return t`Share closed ${base} position`
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
