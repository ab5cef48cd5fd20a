import { sentence } from '@/api/errors'
import { print } from '@/decimal'
import { type ExitMove, exitPnl } from '@/features/chart/line-items'
import * as format from '@/format'
import { triggeringQuote } from '@/live/marks'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { assetInfo } from '@/markets'
import { returnOnMargin } from '@/rules'
import { exitProblem } from '@/trading/exits'
import { useModifyPosition } from '@/trading/queries'
import { tellExits } from '@/trading/undo'
import { Button } from '@/ui/button'

/** Asks whether to move an exit, or to set a new one. */
export function ExitQuestion({ move, onClose }: { move: ExitMove; onClose: () => void }) {
  const { position, exit, price } = move
  const name = exit === 'stopLoss' ? 'stop-loss' : 'take-profit'
  const { asset } = position
  const quote = useSteadyQuote(asset) && triggeringQuote(asset)
  const modify = useModifyPosition()
  const problem = quote && exitProblem(position, exit, price, quote)
  const gain = exitPnl(position, price)
  const before = position[exit]
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        modify.mutate(
          { orderId: position.orderId, request: { [exit]: print(price) } },
          {
            onSuccess() {
              tellExits(position, `New ${name}: ${format.price(asset, price)}`)
              onClose()
            },
          },
        )
      }}
    >
      <p className="text-soft">
        {assetInfo(asset).base} {position.orderType === 'LONG' ? 'long' : 'short'}:{' '}
        {before === null ? 'closes at' : `from ${format.price(asset, before)} to`}{' '}
        <strong className="text-ink">{format.price(asset, price)}</strong>, for a P&L of{' '}
        <strong className={gain < 0n ? 'text-down' : 'text-up'}>
          {format.signedUsd(gain)} USD
        </strong>{' '}
        ({format.signedPercent(returnOnMargin(gain, position.margin))} of the margin).
      </p>
      {(problem || modify.error) && (
        <p role="alert" className="text-xs text-down">
          {problem || sentence(modify.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{before === null ? 'Cancel' : 'Keep as is'}</Button>
        <Button
          type="submit"
          look="primary"
          data-first
          pending={modify.isPending}
          disabled={!!problem}
        >
          {before === null ? 'Set' : 'Move'}
        </Button>
      </div>
    </form>
  )
}
