import * as format from '@/format'
import { type ClosedPosition, feesOf, type Position } from '@/trading/account'

/** The fees and fundings of a position so far; nothing where there are none. */
export function Costs({ position }: { position: Position | ClosedPosition }) {
  const fees = feesOf(position)
  return (
    <span className="flex flex-col leading-4" data-testid="costs">
      {fees !== 0n && <span>{format.usd(fees, 'ceiling')} fees</span>}
      {position.funding !== 0n && (
        <span className="text-2xs text-soft">{format.signedUsd(position.funding)} funding</span>
      )}
    </span>
  )
}
