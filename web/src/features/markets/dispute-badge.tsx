import type { Asset } from '@/assets'
import { DISPUTES, useDispute } from '@/live/doubt'
import { Badge } from '@/ui/badge'
import { Tooltip } from '@/ui/tooltip'

/** Says that the house does not stand by the price at the moment, and why. */
export function DisputeBadge({ asset }: { asset: Asset }) {
  const dispute = useDispute(asset)
  if (!dispute) return null
  const { label, about } = DISPUTES[dispute]
  return (
    <Tooltip content={`${about} Nothing is opened or closed meanwhile.`}>
      <button type="button" data-testid="disputed" className="cursor-help">
        <Badge tone="warn">{label}</Badge>
      </button>
    </Tooltip>
  )
}
