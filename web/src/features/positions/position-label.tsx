import { assetInfo } from '@/assets'
import { priceAnd } from '@/features/positions/words'
import type { Position } from '@/trading/account'
import { Badge } from '@/ui/badge'

/** Which asset, which side, how much leverage. */
export function PositionLabel({ position }: { position: Position }) {
  const isLong = position.orderType === 'LONG'
  return (
    <span className="inline-flex items-center gap-2">
      <span className="font-medium text-ink">{assetInfo(position.asset).base}</span>
      <Badge tone={isLong ? 'up' : 'down'}>
        {isLong ? 'Long' : 'Short'} {position.leverage}×
      </Badge>
    </span>
  )
}

/** Take-profit and stop-loss, as a button that edits them. */
export function ExitsButton({ position, onEdit }: { position: Position; onEdit: () => void }) {
  const { takeProfit, stopLoss, asset } = position
  return (
    <button
      type="button"
      onClick={onEdit}
      className="inline-flex h-7 items-center gap-1.5 rounded border border-line px-2 hover:border-edge hover:bg-hover"
    >
      <span className="sr-only">Edit exits of {assetInfo(asset).base}:</span>
      <span className={takeProfit === null ? 'text-faint' : 'text-up'}>
        TP {priceAnd(asset, takeProfit)}
      </span>
      <span className="text-faint">/</span>
      <span className={stopLoss === null ? 'text-faint' : 'text-down'}>
        SL {priceAnd(asset, stopLoss)}
      </span>
    </button>
  )
}
