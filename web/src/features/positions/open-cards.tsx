import { plural, t } from '@lingui/core/macro'
import { Age } from '@/features/positions/age'
import { totalCosts } from '@/features/positions/costs'
import { Fact } from '@/features/positions/fact'
import {
  DistanceCell,
  MarginRatioCell,
  MarkCell,
  PnlCell,
  RoeCell,
  TotalPnl,
} from '@/features/positions/live-cells'
import type { PositionActions } from '@/features/positions/open-positions'
import { ExitsButton, PositionLabel } from '@/features/positions/position-label'
import { RowActions } from '@/features/positions/row-actions'
import { TotalFacts } from '@/features/positions/stored-list'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import type { Position } from '@/trading/account'
import { breakEven } from '@/trading/figures'
import { endangered } from '@/trading/liquidation'
import { MarkNotice } from '@/trading/mark-badge'
import { cx } from '@/ui/class-names'

type OpenCardsProps = {
  positions: readonly Position[]
  actions: PositionActions
  onAsset: (asset: Asset) => void
}

/** The open positions as cards, for narrow pages. */
export function OpenCards({ positions, actions, onAsset }: OpenCardsProps) {
  const near = useStore(endangered)
  return (
    <>
      <ul
        aria-label={t`Open positions`}
        className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto p-2"
      >
        {positions.map((position) => (
          <li
            key={position.orderId}
            className={cx(
              'shrink-0 rounded-lg border border-line p-3 text-xs',
              near.includes(position.orderId) ? 'bg-down-tint' : 'bg-panel',
            )}
          >
            <div className="flex items-start justify-between">
              <button type="button" onClick={() => onAsset(position.asset)}>
                <PositionLabel position={position} />
              </button>
              <div className="flex flex-col items-end">
                <PnlCell position={position} className="text-sm font-semibold" />
                <RoeCell position={position} />
              </div>
            </div>
            <Facts position={position} />
            <div className="mt-2 empty:hidden">
              <MarkNotice asset={position.asset} />
            </div>
            <div className="mt-3 flex items-center justify-between gap-2">
              <ExitsButton position={position} onEdit={() => actions.onAsk('exits', position)} />
              <RowActions position={position} actions={actions} />
            </div>
          </li>
        ))}
      </ul>
      <Totals positions={positions} />
    </>
  )
}

function Totals({ positions }: { positions: readonly Position[] }) {
  const { commission, funding } = totalCosts(positions)
  const count = positions.length
  const margin = positions.reduce((sum, each) => sum + each.margin, 0n)
  return (
    <TotalFacts>
      <Fact name={plural(count, { one: '# position, P&L', other: '# positions, P&L' })}>
        <TotalPnl positions={positions} />
      </Fact>
      <Fact name={t`Margin`}>{format.usd(margin, 'ceiling')}</Fact>
      <Fact name={t`Fees, funding`}>
        {format.usd(commission, 'ceiling')}, {format.signedUsd(funding)}
      </Fact>
    </TotalFacts>
  )
}

function Facts({ position }: { position: Position }) {
  const { asset } = position
  return (
    <dl className="mt-3 grid grid-cols-3 gap-x-3 gap-y-2">
      <Fact name={t`Size`}>
        {format.qty(asset, position.qty)} {assetInfo(asset).base}
      </Fact>
      <Fact name={t`Entry`}>{format.price(asset, position.executionPrice)}</Fact>
      <Fact name={t`Mark`}>
        <MarkCell position={position} />
      </Fact>
      <Fact name={t`Liquidation`}>
        <span className="text-warn">{format.price(asset, position.liquidationPrice)}</span>
        <DistanceCell position={position} className="block text-2xs" />
      </Fact>
      <Fact name={t`Margin (ratio)`}>
        {format.usd(position.margin, 'ceiling')}
        <MarginRatioCell position={position} className="block text-2xs" />
      </Fact>
      <Fact name={t`Break-even`}>
        {format.price(asset, breakEven(position, assetInfo(asset).takerFeePpm))}
      </Fact>
      <Fact name={t`Fees`}>{format.usd(position.commission, 'ceiling')}</Fact>
      <Fact name={t`Funding`}>{format.signedUsd(position.funding)}</Fact>
      <Fact name={t`Age`}>
        <Age since={position.createdAt} />
      </Fact>
    </dl>
  )
}
