import { fieldProblem, sentence } from '@/api/errors'
import { print } from '@/decimal'
import type { OrderMove } from '@/features/chart/line-items'
import { distanceWords } from '@/features/chart/line-words'
import * as format from '@/format'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { notional } from '@/rules'
import { describeOrder } from '@/trading/orders'
import { useAmendOrder } from '@/trading/queries'
import { Button } from '@/ui/button'
import { toast } from '@/ui/toast'

/** Asks whether to move an order. */
export function OrderQuestion({ move, onClose }: { move: OrderMove; onClose: () => void }) {
  const { order, field, price } = move
  const { asset } = order
  const quote = useSteadyQuote(asset)
  const amend = useAmendOrder()
  const before = order[field]
  const problem = amend.error && (fieldProblem(amend.error, field) ?? sentence(amend.error))
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        amend.mutate(
          { orderId: order.orderId, change: { [field]: print(price) } },
          {
            onSuccess() {
              toast('success', `Order moved to ${format.price(asset, price)}`)
              onClose()
            },
          },
        )
      }}
    >
      <p className="text-xs text-soft">{format.capitalized(describeOrder(order))}</p>
      <p className="text-soft">
        {field === 'price' ? 'The limit price moves' : 'The trigger price moves'} from{' '}
        {before === null ? format.UNKNOWN : format.price(asset, before)} to{' '}
        <strong className="text-ink">{format.price(asset, price)}</strong>
        {quote && <>, {distanceWords(price, (quote.bid + quote.ask) / 2n)} from the market</>}.
        {order.qty > 0n && (
          <> The order would be worth {format.usd(notional(order.qty, price), 'ceiling')} USD.</>
        )}
      </p>
      {problem && (
        <p role="alert" className="text-xs text-down">
          {problem}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Keep as is</Button>
        <Button type="submit" look="primary" data-first pending={amend.isPending}>
          Move
        </Button>
      </div>
    </form>
  )
}
