import { t } from '@lingui/core/macro'
import * as format from '@/format'
import type { ClosedPosition } from '@/trading/account'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'

export function CloseReasonBadge({ position }: { position: ClosedPosition }) {
  const { label, tone } = CLOSE_REASONS[position.closeReason]
  const { shortfall } = position
  const amount = format.usd(shortfall, 'ceiling')
  return (
    <span className="inline-flex items-center gap-1.5">
      <Badge tone={tone}>{label}</Badge>
      {shortfall > 0n && (
        <span
          className="text-2xs text-faint"
          title={t`Loss beyond the margin after a price gap, borne by the house.`}
        >
          {t`gap ${amount}`}
        </span>
      )}
    </span>
  )
}
