import { t } from '@lingui/core/macro'
import { type FormEvent, useState } from 'react'
import { ApiError, fieldProblem } from '@/api/errors'
import { print } from '@/decimal'
import {
  type CloseDraft,
  type CloseField,
  type CloseRead,
  fillingOf,
  readClose,
  WHOLE,
} from '@/features/positions/close-plan'
import { Outcome, Question, Rest, Terms } from '@/features/positions/close-preview'
import { useReduce } from '@/features/positions/use-reduce'
import * as format from '@/format'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import { closePrice, type Quote } from '@/rules'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import type { Position } from '@/trading/account'
import { partOf, shareOf } from '@/trading/parts'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField } from '@/ui/field'
import { ShareButtons } from '@/ui/share-buttons'
import { Switch } from '@/ui/switch'

type CloseDialogProps = {
  position: Position | null
  onClose: () => void
  /** Closes all of the position at the market. */
  onConfirm: (position: Position) => void
}

/** Closes a position or a part of it, at the market or by a limit order. */
export function CloseDialog({ position, onClose, onConfirm }: CloseDialogProps) {
  const base = position && assetInfo(position.asset).base
  const reduce = useReduce()
  const leave = () => {
    reduce.reset()
    onClose()
  }
  return (
    <Dialog
      open={position !== null}
      onClose={leave}
      title={base === null ? '' : t`Close ${base} position`}
    >
      {position && (
        <CloseForm
          key={position.orderId}
          position={position}
          reduce={reduce}
          onClose={leave}
          onConfirm={onConfirm}
        />
      )}
    </Dialog>
  )
}

type CloseFormProps = {
  position: Position
  reduce: ReturnType<typeof useReduce>
  onClose: () => void
  onConfirm: (position: Position) => void
}

function CloseForm({ position, reduce, onClose, onConfirm }: CloseFormProps) {
  const [draft, setDraft] = useState(WHOLE)
  const [isTried, setTried] = useState(false)
  const read = readClose(position, draft)
  const part = partOf(position, read.qty ?? position.qty)
  // The position may already be smaller by the part whose close is repeated.
  const isRepeated = reduce.error instanceof ApiError && reduce.error.isUncertain
  const isWhole = part === position && !isRepeated
  const edit = (change: Partial<CloseDraft>) => {
    if (reduce.error) reduce.reset()
    setDraft({ ...draft, ...change })
  }

  function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (!read.plan) return
    if (read.plan.price === null && isWhole) {
      onConfirm(position)
      onClose()
      return
    }
    void reduce.submit(position, read.plan).then((isDone) => {
      if (isDone) onClose()
    })
  }

  /** An empty field is a problem only once it is sent. */
  const problemOf = (field: CloseField, text: string | null) =>
    (isTried || text !== '' ? read.problems[field] : null) ?? fieldProblem(reduce.error, field)
  return (
    <form className="flex flex-col gap-4" noValidate onSubmit={submit}>
      <Question position={position} part={part} isLimit={draft.isLimit} price={read.price} />
      <PartFields
        position={position}
        draft={draft}
        read={read}
        problemOf={problemOf}
        onEdit={edit}
      />
      <div className="flex flex-col gap-1">
        <Rest position={position} part={part} />
        {(!draft.isLimit || read.price !== null) && (
          <Outcome part={part} isWhole={isWhole} price={read.price} />
        )}
      </div>
      {!draft.isLimit && <Terms position={position} />}
      <RequestProblem error={reduce.error} fields={['qty', ...(draft.isLimit ? ['price'] : [])]} />
      {!draft.isLimit && <AskAgain />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t`Keep open`}</Button>
        <Button type="submit" look="danger" pending={reduce.isPending} data-first>
          {labelOf(draft, isWhole)}
        </Button>
      </div>
    </form>
  )
}

function labelOf({ isLimit }: CloseDraft, isWhole: boolean): string {
  if (isLimit) return t`Place limit order`
  return isWhole ? t`Close position` : t`Close part`
}

type PartFieldsProps = {
  position: Position
  draft: CloseDraft
  read: CloseRead
  problemOf: (field: CloseField, text: string | null) => string | null
  onEdit: (change: Partial<CloseDraft>) => void
}

function PartFields({ position, draft, read, problemOf, onEdit }: PartFieldsProps) {
  const { base } = assetInfo(position.asset)
  const shares = [100, 75, 50, 25]
  return (
    <div className="flex flex-col gap-2">
      <AmountField
        label={t`Quantity to close`}
        dense
        value={draft.qtyText ?? print(position.qty)}
        problem={problemOf('qty', draft.qtyText)}
        onText={(qtyText) => onEdit({ qtyText })}
        unit={base}
      />
      <ShareButtons
        label={t`Share of the position`}
        value={shares.find((share) => shareOf(position, share) === read.qty) ?? null}
        onChange={(share) =>
          onEdit({ qtyText: share === 100 ? null : print(shareOf(position, share)) })
        }
      />
      <Switch
        checked={draft.isLimit}
        onChange={(isLimit) => onEdit({ isLimit })}
        className="flex min-h-7 items-center justify-between text-xs text-soft"
      >
        {t`At a limit price`}
      </Switch>
      {draft.isLimit && (
        <PriceField
          position={position}
          price={read.price}
          text={draft.priceText}
          problem={problemOf('price', draft.priceText)}
          onText={(priceText) => onEdit({ priceText })}
        />
      )}
    </div>
  )
}

type PriceFieldProps = {
  position: Position
  price: bigint | null
  text: string
  problem: string | null
  onText: (text: string) => void
}

function PriceField({ position, price, text, problem, onText }: PriceFieldProps) {
  const { asset } = position
  const quote = useSteadyQuote(asset)
  const isImmediate = price !== null && quote && fillingOf(position, price, quote).isImmediate
  const hint = isImmediate ? fillHint(position, quote) : null
  return (
    <AmountField
      label={t`Limit price`}
      dense
      value={text}
      problem={problem}
      hint={hint}
      onText={onText}
      unit={assetInfo(asset).quote}
    />
  )
}

function fillHint({ asset, orderType }: Position, quote: Quote): string {
  const at = format.price(asset, closePrice(orderType, quote))
  return orderType === 'LONG'
    ? t`Fills at once at the bid, ${at}`
    : t`Fills at once at the ask, ${at}`
}

function AskAgain() {
  const { confirmClose } = useStore(settings)
  return (
    <label className="flex items-center gap-2 text-xs text-soft">
      <input
        type="checkbox"
        className="size-4 accent-accent"
        checked={!confirmClose}
        onChange={(event) => change({ confirmClose: !event.target.checked })}
      />
      {t`Don’t ask again`}
    </label>
  )
}
