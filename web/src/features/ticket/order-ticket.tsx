import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { type ApiError, fieldProblem, sentence } from '@/api/errors'
import { type Asset, assetInfo } from '@/assets'
import { type Action, reduce } from '@/features/ticket/draft'
import { loadDraft, saveDraft } from '@/features/ticket/drafts'
import { type Draft, evaluate, type FieldName } from '@/features/ticket/evaluate'
import { ExitFields } from '@/features/ticket/exit-fields'
import { LeverageField } from '@/features/ticket/leverage-field'
import { OrderPreview } from '@/features/ticket/order-preview'
import { SideSwitch } from '@/features/ticket/side-switch'
import { SIZE_ID, SizeFields } from '@/features/ticket/size-fields'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { randomId } from '@/random-id'
import type { OrderType } from '@/rules'
import { useAccount, useOpenPosition } from '@/trading/queries'
import { Button } from '@/ui/button'

/** The order form of one asset. A new asset is a new form: give it a `key`. */
export function OrderTicket({
  asset,
  orderType,
  onOrderType,
}: {
  asset: Asset
  orderType: OrderType
  onOrderType: (orderType: OrderType) => void
}) {
  const info = assetInfo(asset)
  const quote = useSteadyQuote(asset)
  const free = useAccount().data?.free ?? null
  const [draft, setDraft] = useState<Draft>(() => loadDraft(asset))
  const [isTried, setIsTried] = useState(false)
  const { submit, isPending, error, reset } = useSubmit(() => act({ type: 'done' }))

  function act(action: Action): void {
    reset()
    setDraft((current) => reduce(current, action, { info, quote, free }))
    if (action.type === 'done') setIsTried(false)
  }
  // The side is also switched from outside, by a key: the form follows.
  if (draft.orderType !== orderType) {
    setDraft(reduce(draft, { type: 'side', orderType }, { info, quote, free }))
  }

  useEffect(() => saveDraft(asset, draft), [asset, draft])

  const { preview, problems, request, entry, liquidation } = evaluate(draft, info, quote, free)
  const isEmpty = draft.sizeText.trim() === ''
  const problem = (field: FieldName) =>
    problems[field] ??
    (field === 'size' && isTried && isEmpty ? 'How much?' : null) ??
    fieldProblem(error, field === 'size' ? 'qty' : field)
  const isLong = draft.orderType === 'LONG'

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- says which fields Enter submits
    <form
      aria-label={`Order for ${info.base}`}
      className="flex flex-col gap-3 p-3"
      noValidate
      onKeyDown={openFromSizeAlone}
      onSubmit={(event) => {
        event.preventDefault()
        setIsTried(true)
        if (request) submit(request)
      }}
    >
      <SideSwitch value={draft.orderType} onChange={onOrderType} asset={asset} />
      <LeverageField
        text={draft.leverageText}
        problem={problem('leverage')}
        onChange={(text) => act({ type: 'leverage', text })}
      />
      <SizeFields draft={draft} info={info} problem={problem('size')} free={free} onAction={act} />
      <ExitFields
        draft={draft}
        preview={preview}
        asset={asset}
        problems={{ stopLoss: problem('stopLoss'), takeProfit: problem('takeProfit') }}
        onAction={act}
      />
      <Button
        type="submit"
        look={isLong ? 'long' : 'short'}
        size="lg"
        pending={isPending}
        disabled={quote === null}
      >
        {isLong ? 'Open long' : 'Open short'} {info.base}
      </Button>
      {error && Object.keys(error.fields).length === 0 && (
        <p role="alert" className="text-xs text-down">
          {sentence(error)}
        </p>
      )}
      <OrderPreview asset={asset} preview={preview} entry={entry} liquidation={liquidation} />
    </form>
  )
}

/** Enter in any other field is the end of what one types there, and no order. */
function openFromSizeAlone(event: KeyboardEvent): void {
  const { target } = event
  const isOther = target instanceof HTMLInputElement && target.id !== SIZE_ID
  if (event.key === 'Enter' && isOther) event.preventDefault()
}

type Request = Parameters<ReturnType<typeof useOpenPosition>['mutate']>[0]['request']

/**
 * Sends an order once. While nobody knows what became of one, the same order goes under the same
 * key, so that pressing again can't open a second.
 */
function useSubmit(onDone: () => void) {
  const open = useOpenPosition()
  const isSending = useRef(false)
  const uncertain = useRef<{ key: string; request: string } | null>(null)

  function submit(request: Request): void {
    // A second click comes before the disabled button is painted.
    if (isSending.current) return
    isSending.current = true
    const text = JSON.stringify(request)
    const isRepeat = uncertain.current?.request === text
    const key = (isRepeat && uncertain.current?.key) || randomId()
    open.mutate(
      { request, key },
      {
        onSuccess() {
          uncertain.current = null
          onDone()
        },
        onError(error) {
          const isUncertain = (error as ApiError).isUncertain
          uncertain.current = isUncertain ? { key, request: text } : null
        },
        onSettled() {
          isSending.current = false
        },
      },
    )
  }

  return {
    submit,
    isPending: open.isPending,
    error: open.error as ApiError | null,
    reset: () => {
      if (open.isError) open.reset()
    },
  }
}
