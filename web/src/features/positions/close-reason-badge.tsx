import * as format from '@/format'
import type { ClosedPosition } from '@/trading/account'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Badge } from '@/ui/badge'

export function CloseReasonBadge({ position }: { position: ClosedPosition }) {
  const { label, tone } = CLOSE_REASONS[position.closeReason]
  const { shortfall } = position
  return (
    <span className="inline-flex items-center gap-1.5">
      <Badge tone={tone}>{label}</Badge>
      {shortfall > 0n && (
        <span
          className="text-2xs text-faint"
          title="What a gap took beyond the margin; the house bore it."
        >
          gap {format.usd(shortfall, 'ceiling')}
        </span>
      )}
    </span>
  )
}
