import { t } from '@lingui/core/macro'
import { DISPUTES, useDispute } from '@/live/doubt'
import type { Asset } from '@/markets'
import { Badge } from '@/ui/badge'
import { Tooltip } from '@/ui/tooltip'

/** A badge shown while the price is disputed, with the reason. */
export function DisputeBadge({ asset }: { asset: Asset }) {
  const dispute = useDispute(asset)
  if (!dispute) return null
  const { label, about } = DISPUTES[dispute]
  return (
    <Tooltip content={`${about} ${t`Opening and closing are paused.`}`}>
      <button type="button" data-testid="disputed" className="cursor-help">
        <Badge tone="warn">{label}</Badge>
      </button>
    </Tooltip>
  )
}
