import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { fieldProblem, isAtFields, sentence } from '@/api/errors'
import { print } from '@/decimal'
import type { OrderMove } from '@/features/chart/line-items'
import { distanceWords } from '@/features/chart/line-words'
import * as format from '@/format'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { notional } from '@/rules'
import { describeOrder } from '@/trading/orders'
import { useAmendOrder } from '@/trading/queries'
import { tellAmended } from '@/trading/undo'
import { Button } from '@/ui/button'

/** Asks whether to move an order. */
export function OrderQuestion({ move, onClose }: { move: OrderMove; onClose: () => void }) {
  const { order, field, price } = move
  const { asset } = order
  const quote = useSteadyQuote(asset)
  const amend = useAmendOrder()
  const before = order[field]
  const from = before === null ? format.UNKNOWN : format.price(asset, before)
  const to = format.price(asset, price)
  const distance = quote && distanceWords(price, (quote.bid + quote.ask) / 2n)
  const worth = format.usd(notional(order.qty, price), 'ceiling')
  const { error } = amend
  const problem = isAtFields(error, [field]) ? fieldProblem(error, field) : error && sentence(error)
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        const change = { [field]: print(price) }
        amend.mutate(
          { orderId: order.orderId, change },
          {
            onSuccess({ order: after }) {
              tellAmended(order, change, after, t`Order moved to ${to}`)
              onClose()
            },
          },
        )
      }}
    >
      <p className="text-xs text-soft">{format.capitalized(describeOrder(order))}</p>
      <p className="text-soft">
        <Course isLimit={field === 'price'} from={from} to={to} distance={distance} />
        {order.qty > 0n && ` ${t`The order would be worth ${worth} USD.`}`}
      </p>
      {problem && (
        <p role="alert" className="text-xs text-down">
          {problem}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t`Keep as is`}</Button>
        <Button type="submit" look="primary" data-first pending={amend.isPending}>
          {t({ message: 'Move', context: 'exit' })}
        </Button>
      </div>
    </form>
  )
}

type CourseProps = { isLimit: boolean; from: string; to: string; distance: string | null }

/** From where to where the price of the order moves. */
function Course({ isLimit, from, to, distance }: CourseProps) {
  const price = <strong className="text-ink">{to}</strong>
  if (distance === null) {
    return isLimit ? (
      <Trans>
        The limit price moves from {from} to {price}.
      </Trans>
    ) : (
      <Trans>
        The trigger price moves from {from} to {price}.
      </Trans>
    )
  }
  return isLimit ? (
    <Trans>
      The limit price moves from {from} to {price}, {distance} from the market.
    </Trans>
  ) : (
    <Trans>
      The trigger price moves from {from} to {price}, {distance} from the market.
    </Trans>
  )
}
