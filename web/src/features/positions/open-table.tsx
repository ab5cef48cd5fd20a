import { plural, t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { useSort } from '@/features/positions/list-state'
import {
  DistanceCell,
  MarginRatioCell,
  MarkCell,
  PnlCell,
  RoeCell,
  TotalPnl,
} from '@/features/positions/live-cells'
import type { PositionActions } from '@/features/positions/open-positions'
import { Age } from '@/features/positions/age'
import { Costs, totalCosts } from '@/features/positions/costs'
import { ExitsButton, PositionLabel, Size } from '@/features/positions/position-label'
import { RowActions } from '@/features/positions/row-actions'
import { sorted } from '@/features/positions/sort'
import { WideTable } from '@/features/positions/stored-list'
import { buttonWidths } from '@/features/positions/words'
import * as format from '@/format'
import { liquidatingQuote, valuingQuote } from '@/live/marks'
import { type Asset, assetInfo } from '@/markets'
import { closePrice, liquidationRoom } from '@/rules'
import { useStore } from '@/store'
import { costsOf, type Position, pnlAt } from '@/trading/account'
import { breakEven } from '@/trading/figures'
import { endangered } from '@/trading/liquidation'
import { MarkBadge } from '@/trading/mark-badge'
import { type Column, right as rightOf } from '@/ui/table'

type Key =
  | 'asset'
  | 'size'
  | 'entry'
  | 'breakEven'
  | 'mark'
  | 'liquidation'
  | 'margin'
  | 'pnl'
  | 'exits'
  | 'costs'
  | 'age'
  | 'actions'

type OpenTableProps = {
  positions: readonly Position[]
  actions: PositionActions
  onAsset: (asset: Asset) => void
}

export function OpenTable({ positions, actions, onAsset }: OpenTableProps) {
  const [sort, setSort] = useSort<Key>('age', false)
  const near = useStore(endangered)
  return (
    <WideTable
      list="open"
      label={t`Open positions`}
      columns={columns(actions, onAsset)}
      rows={sorted(positions, sort, keyOf)}
      rowKey={(position) => position.orderId}
      sort={sort}
      onSort={setSort}
      rowClass={(position) => (near.includes(position.orderId) ? 'bg-down-tint' : '')}
      totals={totalCells(positions)}
    />
  )
}

function totalCells(positions: readonly Position[]): Partial<Record<Key, ReactNode>> {
  const margin = positions.reduce((sum, each) => sum + each.margin, 0n)
  const count = positions.length
  return {
    asset: plural(count, { one: '# position', other: '# positions' }),
    margin: format.usd(margin, 'ceiling'),
    pnl: <TotalPnl positions={positions} />,
    costs: <Costs position={totalCosts(positions)} />,
  }
}

function columns(
  actions: PositionActions,
  onAsset: (asset: Asset) => void,
): Column<Position, Key>[] {
  return [
    {
      key: 'asset',
      width: 120,
      label: t`Position`,
      isFixed: true,
      sortable: true,
      cell: (position) => (
        <span className="flex flex-col items-start">
          <button
            type="button"
            title={t`Show on the chart`}
            className="rounded hover:underline"
            onClick={() => onAsset(position.asset)}
          >
            <PositionLabel position={position} />
          </button>
          <MarkBadge asset={position.asset} />
        </span>
      ),
    },
    right('size', 94, t`Size`, (p) => <Size position={p} />),
    right('entry', 80, t`Entry`, (p) => format.price(p.asset, p.executionPrice)),
    right('breakEven', 84, t`Break-even`, (p) =>
      format.price(p.asset, breakEven(p, assetInfo(p.asset).takerFeePpm)),
    ),
    right('mark', 80, t`Mark`, (p) => <MarkCell position={p} />),
    right('liquidation', 92, t`Liquidation`, (p) => (
      <span className="flex flex-col leading-4">
        <span className="text-warn">{format.price(p.asset, p.liquidationPrice)}</span>
        <DistanceCell position={p} className="text-2xs" />
      </span>
    )),
    right('margin', 94, t`Margin (ratio)`, (p) => (
      <span className="flex flex-col leading-4">
        <span>{format.usd(p.margin, 'ceiling')}</span>
        <MarginRatioCell position={p} className="text-2xs" />
      </span>
    )),
    right('pnl', 86, t`P&L (ROE)`, (p) => (
      <span className="flex flex-col leading-4">
        <PnlCell position={p} className="font-medium" />
        <RoeCell position={p} className="text-2xs" />
      </span>
    )),
    {
      key: 'exits',
      width: 112,
      label: t`TP / SL`,
      cell: (p) => <ExitsButton position={p} onEdit={() => actions.onAsk('exits', p)} />,
    },
    right('costs', 102, t`Fees, funding`, (p) => <Costs position={p} />),
    right('age', 72, t`Age`, (p) => <Age since={p.createdAt} />),
    {
      key: 'actions',
      width: buttonWidths.positions,
      label: <span className="sr-only">{t`Actions`}</span>,
      name: t`Actions`,
      isFixed: true,
      align: 'right',
      cell: (p) => <RowActions position={p} actions={actions} />,
    },
  ]
}

const right = (...terms: Parameters<typeof rightOf<Position, Key>>) => ({
  ...rightOf(...terms),
  sortable: true,
})

/** Returns the sort key. Live figures are read once: rows that keep moving are unreadable. */
function keyOf(position: Position, by: Key): bigint | number | string {
  const quote = valuingQuote(position.asset)
  switch (by) {
    case 'size':
      return position.qty * position.executionPrice
    case 'entry':
      return position.executionPrice
    case 'breakEven':
      return breakEven(position, assetInfo(position.asset).takerFeePpm)
    case 'mark':
      return quote ? closePrice(position.orderType, quote) : 0n
    case 'liquidation': {
      const liquidating = liquidatingQuote(position.asset)
      if (!liquidating) return 0n
      const close = closePrice(position.orderType, liquidating)
      return liquidationRoom(position.executionPrice, position.liquidationPrice, close)
    }
    case 'margin':
      return position.margin
    case 'pnl':
      return quote ? pnlAt(position, quote) : 0n
    case 'costs':
      return costsOf(position)
    case 'age':
      return -position.createdAt
    default:
      return position.asset
  }
}
