import { useState } from 'react'
import { DistanceCell, MarkCell, PnlCell, RoeCell } from '@/features/positions/live-cells'
import type { PositionActions } from '@/features/positions/open-positions'
import { Age } from '@/features/positions/age'
import { Costs } from '@/features/positions/costs'
import { ExitsButton, PositionLabel, Size } from '@/features/positions/position-label'
import { RowActions } from '@/features/positions/row-actions'
import { sorted } from '@/features/positions/sort'
import * as format from '@/format'
import { liquidatingQuote, valuingQuote } from '@/live/marks'
import type { Asset } from '@/markets'
import { closePrice, liquidationRoom } from '@/rules'
import { useStore } from '@/store'
import { costsOf, hasHadCosts, type Position, pnlAt } from '@/trading/account'
import { endangered } from '@/trading/liquidation'
import { MarkBadge } from '@/trading/mark-badge'
import { type Column, type Sort, Table } from '@/ui/table'

type Key =
  | 'asset'
  | 'size'
  | 'entry'
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
  const [sort, setSort] = useState<Sort<Key>>({ by: 'age', descending: false })
  const near = useStore(endangered)
  const hasCostly = positions.some(hasHadCosts)
  return (
    <Table
      label="Open positions"
      grows
      minWidth={hasCostly ? 'min-w-[71rem]' : 'min-w-[62rem]'}
      columns={columns(actions, onAsset, hasCostly)}
      rows={sorted(positions, sort, keyOf)}
      rowKey={(position) => position.orderId}
      sort={sort}
      onSort={setSort}
      rowClass={(position) => (near.includes(position.orderId) ? 'bg-down-tint' : '')}
    />
  )
}

function columns(
  actions: PositionActions,
  onAsset: (asset: Asset) => void,
  hasCostly: boolean,
): Column<Position, Key>[] {
  return [
    {
      key: 'asset',
      width: 'w-[13%]',
      label: 'Position',
      sortable: true,
      cell: (position) => (
        <span className="flex flex-col items-start">
          <button
            type="button"
            title="Show on the chart"
            className="rounded hover:underline"
            onClick={() => onAsset(position.asset)}
          >
            <PositionLabel position={position} />
          </button>
          <MarkBadge asset={position.asset} />
        </span>
      ),
    },
    right('size', 'w-[10%]', 'Size', (p) => <Size position={p} />),
    right('entry', 'w-[8%]', 'Entry', (p) => format.price(p.asset, p.executionPrice)),
    right('mark', 'w-[8%]', 'Mark', (p) => <MarkCell position={p} />),
    right('liquidation', 'w-[9%]', 'Liquidation', (p) => (
      <span className="flex flex-col leading-4">
        <span className="text-warn">{format.price(p.asset, p.liquidationPrice)}</span>
        <DistanceCell position={p} className="text-2xs" />
      </span>
    )),
    right('margin', 'w-[7%]', 'Margin', (p) => format.usd(p.margin, 'ceiling')),
    right('pnl', 'w-[8%]', 'P&L (ROE)', (p) => (
      <span className="flex flex-col leading-4">
        <PnlCell position={p} className="font-medium" />
        <RoeCell position={p} className="text-2xs" />
      </span>
    )),
    {
      key: 'exits',
      width: 'w-[15%]',
      label: 'TP / SL',
      cell: (p) => <ExitsButton position={p} onEdit={() => actions.onAsk('exits', p)} />,
    },
    ...(hasCostly ? [right('costs', 'w-[9%]', 'Costs', (p) => <Costs position={p} />)] : []),
    right('age', 'w-[6%]', 'Age', (p) => <Age since={p.createdAt} />),
    {
      key: 'actions',
      width: 'w-28',
      label: <span className="sr-only">Actions</span>,
      align: 'right',
      cell: (p) => <RowActions position={p} actions={actions} />,
    },
  ]
}

function right(
  key: Key,
  width: string,
  label: string,
  cell: Column<Position, Key>['cell'],
): Column<Position, Key> {
  return { key, width, label, cell, align: 'right', sortable: true }
}

/** Returns the sort key. Live figures are read once: rows that keep moving are unreadable. */
function keyOf(position: Position, by: Key): bigint | number | string {
  const quote = valuingQuote(position.asset)
  switch (by) {
    case 'size':
      return position.qty * position.executionPrice
    case 'entry':
      return position.executionPrice
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
