import { t } from '@lingui/core/macro'
import { ExitQuestion } from '@/features/chart/exit-move-dialog'
import { assetOf, type LineMove, priceBefore } from '@/features/chart/line-items'
import { OrderQuestion } from '@/features/chart/order-move-dialog'
import { assetInfo } from '@/markets'
import { Dialog } from '@/ui/dialog'

type MoveDialogProps = { move: LineMove | null; onClose: () => void }

/** Asks for confirmation after a line was dropped. */
export function MoveDialog({ move, onClose }: MoveDialogProps) {
  return (
    <Dialog open={move !== null} onClose={onClose} title={move ? titleOf(move) : ''}>
      {move?.kind === 'exit' && <ExitQuestion move={move} onClose={onClose} />}
      {move?.kind === 'order' && <OrderQuestion move={move} onClose={onClose} />}
    </Dialog>
  )
}

function titleOf(move: LineMove): string {
  const { base } = assetInfo(assetOf(move))
  if (move.kind !== 'exit') return t`Move ${base} order`
  const isNew = priceBefore(move) === null
  if (move.exit === 'stopLoss') return isNew ? t`Set stop-loss` : t`Move stop-loss`
  return isNew ? t`Set take-profit` : t`Move take-profit`
}
