import { PnlCell, MarkCell } from '@/features/positions/live-cells'
import { describe } from '@/features/positions/words'
import { limitOf } from '@/features/positions/use-close'
import * as format from '@/format'
import { useDoubt } from '@/live/doubt'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import type { Position } from '@/trading/account'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type CloseDialogProps = {
  position: Position | null
  onClose: () => void
  onConfirm: (position: Position) => void
}

/** Asks before closing a position, unless the trader has turned this off. */
export function CloseDialog({ position, onClose, onConfirm }: CloseDialogProps) {
  const { confirmClose } = useStore(settings)
  return (
    <Dialog
      open={position !== null}
      onClose={onClose}
      title={position ? `Close ${assetInfo(position.asset).base} position` : ''}
    >
      {position && (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            onConfirm(position)
            onClose()
          }}
        >
          <p className="text-soft">
            Close your {describe(position)} at the market price, now{' '}
            <MarkCell position={position} atClose className="text-ink" />, for a P&L of{' '}
            <PnlCell position={position} atClose className="font-medium" /> USD?
          </p>
          <Terms position={position} />
          <label className="flex items-center gap-2 text-xs text-soft">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={!confirmClose}
              onChange={(event) => change({ confirmClose: !event.target.checked })}
            />
            Don’t ask again
          </label>
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Keep open</Button>
            <Button type="submit" look="danger" data-first>
              Close position
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

/** The worst price for the close, and a warning if the current price is in doubt. */
function Terms({ position }: { position: Position }) {
  const { asset } = position
  const doubt = useDoubt(asset)
  return (
    <>
      <p className="text-xs text-faint">
        Worst price{' '}
        <LiveText
          assets={[asset]}
          content={() => {
            const limit = limitOf(position)
            return limit === null ? null : { text: format.price(asset, limit) }
          }}
        />
        ; beyond it the position stays open.
      </p>
      {doubt && (
        <p role="alert" className="text-xs text-warn">
          {doubt}
        </p>
      )}
    </>
  )
}
