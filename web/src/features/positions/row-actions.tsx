import { t } from '@lingui/core/macro'
import type { PositionActions } from '@/features/positions/open-positions'
import { PositionMenu } from '@/features/positions/position-menu'
import { assetInfo } from '@/markets'
import type { Position } from '@/trading/account'
import { Button } from '@/ui/button'

/** The button that closes a position, and a menu of what else can be done with it. */
export function RowActions({
  position,
  actions,
}: {
  position: Position
  actions: PositionActions
}) {
  const { base } = assetInfo(position.asset)
  return (
    <span className="inline-flex items-center gap-1">
      <Button
        size="sm"
        aria-label={t`Close ${base} position`}
        pending={actions.isClosing(position.orderId)}
        onClick={() => actions.onClose(position)}
      >
        {t({ message: 'Close', context: 'position' })}
      </Button>
      <PositionMenu position={position} onAsk={(matter) => actions.onAsk(matter, position)} />
    </span>
  )
}
