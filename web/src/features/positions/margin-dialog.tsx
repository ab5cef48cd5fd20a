import { t } from '@lingui/core/macro'
import { type FormEvent, useState } from 'react'
import { fieldProblem } from '@/api/errors'
import { print } from '@/decimal'
import { type Direction, readMargin, removable } from '@/features/positions/margin-plan'
import { PositionLabel } from '@/features/positions/position-label'
import * as format from '@/format'
import { liquidatingQuote } from '@/live/marks'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import type { Position } from '@/trading/account'
import { useChangeMargin } from '@/trading/position-mutations'
import { useAccount } from '@/trading/queries'
import { useOnce } from '@/trading/use-once'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField } from '@/ui/field'
import { Segmented } from '@/ui/tabs'
import { toast } from '@/ui/toast'

type MarginDialogProps = { position: Position | null; onClose: () => void }

/** Adds to the margin of a position or takes from it, which moves its liquidation price. */
export function MarginDialog({ position, onClose }: MarginDialogProps) {
  const change = useChangeMargin()
  const changeOnce = useOnce(change.mutateAsync)
  const base = position && assetInfo(position.asset).base
  const leave = () => {
    change.reset()
    onClose()
  }
  async function send({ orderId, asset }: Position, amount: bigint) {
    const request = { orderId, amount: print(amount) }
    const answer = await changeOnce(`${orderId} ${request.amount}`, request)
    if (!answer) return
    const { base } = assetInfo(asset)
    const title = amount > 0n ? t`Margin added: ${base}` : t`Margin removed: ${base}`
    toast('success', title, words(answer.position, asset))
    leave()
  }
  return (
    <Dialog
      open={position !== null}
      onClose={leave}
      title={base === null ? '' : t`Margin of ${base} position`}
    >
      {position && (
        <MarginForm
          key={position.orderId}
          position={position}
          error={change.error}
          isPending={change.isPending}
          onEdit={() => {
            if (change.isError) change.reset()
          }}
          onSend={(amount) => void send(position, amount)}
          onClose={leave}
        />
      )}
    </Dialog>
  )
}

function words(after: { liquidationPriceInt: string } | undefined, asset: string): string {
  if (!after) return ''
  const price = format.price(asset, BigInt(after.liquidationPriceInt))
  return t`Liquidation price now ${price}`
}

type MarginFormProps = {
  position: Position
  error: Error | null
  isPending: boolean
  onEdit: () => void
  onSend: (amount: bigint) => void
  onClose: () => void
}

function MarginForm({ position, error, isPending, onEdit, onSend, onClose }: MarginFormProps) {
  const quote = useSteadyQuote(position.asset) && liquidatingQuote(position.asset)
  const free = useAccount().data?.free ?? 0n
  const [direction, setDirection] = useState<Direction>('add')
  const [text, setText] = useState('')
  const [isTried, setTried] = useState(false)
  const read = readMargin(position, direction, text, free, quote)
  const most = direction === 'add' ? free : removable(position)
  const mostUsd = format.usd(most)
  const edit = (next: string) => {
    onEdit()
    setText(next)
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (read.amount !== null && !isPending) onSend(read.amount)
  }
  // An empty field is a problem only once it is sent.
  const problem = isTried || text !== '' ? read.problem : null
  return (
    <form className="flex flex-col gap-4" noValidate onSubmit={submit}>
      <div className="flex items-center justify-between text-xs">
        <PositionLabel position={position} />
        <Segmented
          label={t`Change`}
          value={direction}
          onChange={(next) => {
            onEdit()
            setDirection(next)
          }}
          options={[
            { value: 'add', label: t({ message: 'Add', context: 'margin' }) },
            { value: 'remove', label: t({ message: 'Remove', context: 'margin' }) },
          ]}
        />
      </div>
      <AmountField
        label={direction === 'add' ? t`Amount to add` : t`Amount to remove`}
        placeholder="0"
        data-first
        value={text}
        onText={edit}
        problem={problem ?? fieldProblem(error, 'amount')}
        hint={direction === 'add' ? t`Taken from the free margin` : t`Goes to the free margin`}
        unit="USD"
        aside={
          <button
            type="button"
            className="min-h-6 text-xs text-soft underline-offset-2 hover:text-ink hover:underline"
            onClick={() => edit(print(most))}
          >
            {t`At most ${mostUsd} USD`}
          </button>
        }
      />
      <Changes position={position} margin={read.margin} liquidation={read.liquidation} />
      {read.warning && (
        <p role="alert" data-testid="margin-warning" className="text-xs text-warn">
          {read.warning}
        </p>
      )}
      <RequestProblem error={error} fields={['amount']} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t`Cancel`}</Button>
        <Button type="submit" look="primary" pending={isPending}>
          {direction === 'add' ? t`Add margin` : t`Remove margin`}
        </Button>
      </div>
    </form>
  )
}

type ChangesProps = { position: Position; margin: bigint | null; liquidation: bigint | null }

/** The margin and the liquidation price, and what they would become. */
function Changes({ position, margin, liquidation }: ChangesProps) {
  const { asset } = position
  const usd = (amount: bigint) => format.usd(amount, 'ceiling')
  const price = (amount: bigint) => format.price(asset, amount)
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>{t`Margin`}</dt>
      <dd className="text-right" data-testid="margin-change">
        {usd(position.margin)}
        <Becomes>{margin === null ? null : usd(margin)}</Becomes> USD
      </dd>
      <dt>{t`Liquidation price`}</dt>
      <dd className="text-right text-warn" data-testid="liquidation-change">
        {price(position.liquidationPrice)}
        <Becomes>{liquidation === null ? null : price(liquidation)}</Becomes>
      </dd>
    </dl>
  )
}

function Becomes({ children }: { children: string | null }) {
  if (children === null) return null
  return (
    <>
      {' '}
      <span aria-hidden>→</span>
      <span className="sr-only">{t`becomes`}</span> <span className="text-ink">{children}</span>
    </>
  )
}
