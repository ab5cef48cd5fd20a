import { MarkCell, PnlCell, toneOf } from '@/features/positions/live-cells'
import { describe } from '@/features/positions/words'
import { limitOf } from '@/features/positions/use-close'
import * as format from '@/format'
import { useDoubt } from '@/live/doubt'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { closingAt, hasHadCosts, type Position } from '@/trading/account'
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
          <Outcome position={position} />
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

/** The fee of the close and the result after all costs; nothing where there are none. */
function Outcome({ position }: { position: Position }) {
  const { asset } = position
  const { takerFeePpm } = assetInfo(asset)
  if (takerFeePpm === 0 && !hasHadCosts(position)) return null
  const closing = () => {
    const quote = quoteOf(asset)
    return quote && closingAt(position, quote, takerFeePpm)
  }
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>Fee to close</dt>
      <dd className="text-right">
        <LiveText
          assets={[asset]}
          testId="closing-fee"
          content={() => {
            const known = closing()
            return known && { text: `${format.usd(known.fee, 'ceiling')} USD` }
          }}
        />
      </dd>
      <dt>Net result, after all fees and fundings of the position</dt>
      <dd className="text-right font-medium">
        <LiveText
          assets={[asset]}
          testId="closing-net"
          content={() => {
            const known = closing()
            return known && { text: `${format.signedUsd(known.net)} USD`, tone: toneOf(known.net) }
          }}
        />
      </dd>
    </dl>
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
