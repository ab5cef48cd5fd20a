import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
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
  const { asset } = position
  const quote = useSteadyQuote(asset) && triggeringQuote(asset)
  const modify = useModifyPosition()
  const problem = quote && exitProblem(position, exit, price, quote)
  const gain = exitPnl(position, price)
  const before = position[exit]
  const { base } = assetInfo(asset)
  const name = position.orderType === 'LONG' ? t`${base} long` : t`${base} short`
  const from = before === null ? null : format.price(asset, before)
  const to = format.price(asset, price)
  const pnl = format.signedUsd(gain)
  const share = format.signedPercent(returnOnMargin(gain, position.margin))
  const tone = gain < 0n ? 'text-down' : 'text-up'
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        modify.mutate(
          { orderId: position.orderId, request: { [exit]: print(price) } },
          {
            onSuccess() {
              tellExits(
                position,
                exit === 'stopLoss' ? t`New stop-loss: ${to}` : t`New take-profit: ${to}`,
              )
              onClose()
            },
          },
        )
      }}
    >
      <p className="text-soft">
        {from === null ? (
          <Trans>
            {name}: closes at <strong className="text-ink">{to}</strong>, for a P&L of{' '}
            <strong className={tone}>{pnl} USD</strong> ({share} of the margin).
          </Trans>
        ) : (
          <Trans>
            {name}: from {from} to <strong className="text-ink">{to}</strong>, for a P&L of{' '}
            <strong className={tone}>{pnl} USD</strong> ({share} of the margin).
          </Trans>
        )}
      </p>
      {(problem || modify.error) && (
        <p role="alert" className="text-xs text-down">
          {problem || sentence(modify.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{before === null ? t`Cancel` : t`Keep as is`}</Button>
        <Button
          type="submit"
          look="primary"
          data-first
          pending={modify.isPending}
          disabled={!!problem}
        >
          {before === null
            ? t({ message: 'Set', context: 'exit' })
            : t({ message: 'Move', context: 'exit' })}
        </Button>
      </div>
    </form>
  )
}
