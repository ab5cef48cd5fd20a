import { t } from '@lingui/core/macro'
import * as format from '@/format'
import { type ClosedPosition, feesOf, type Position } from '@/trading/account'

type HasCosts = Pick<Position, 'commission' | 'funding'> | ClosedPosition

/** The fees and fundings so far. */
export function Costs({ position }: { position: HasCosts }) {
  const fees = format.usd(feesOf(position), 'ceiling')
  const funding = format.signedUsd(position.funding)
  return (
    <span className="flex flex-col leading-4" data-testid="costs">
      <span>{t`${fees} fees`}</span>
      <span className="text-2xs text-soft">{t`${funding} funding`}</span>
    </span>
  )
}

/** Returns the costs of several positions together. */
export function totalCosts(positions: readonly Position[]) {
  const sum = (of: (position: Position) => bigint) =>
    positions.reduce((total, position) => total + of(position), 0n)
  return { commission: sum((each) => each.commission), funding: sum((each) => each.funding) }
}
