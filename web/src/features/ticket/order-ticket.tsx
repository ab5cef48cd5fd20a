import { type KeyboardEvent, useEffect, useState } from 'react'
import { fieldProblem, sentence } from '@/api/errors'
import { type Action, reduce } from '@/features/ticket/draft'
import { loadDraft, saveDraft } from '@/features/ticket/drafts'
import { type Draft, evaluate, type FieldName } from '@/features/ticket/evaluate'
import { ExitFields } from '@/features/ticket/exit-fields'
import { LeverageField } from '@/features/ticket/leverage-field'
import { OrderPreview } from '@/features/ticket/order-preview'
import { SideSwitch } from '@/features/ticket/side-switch'
import { SIZE_ID, SizeFields } from '@/features/ticket/size-fields'
import { useSubmit } from '@/features/ticket/use-submit'
import { useMark } from '@/live/marks'
import { useSecondPress } from '@/live/use-second-press'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { print } from '@/decimal'
import { type Asset, assetInfo } from '@/markets'
import type { Side } from '@/rules'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { MarkNotice } from '@/trading/mark-badge'
import { openLimit, readTolerance, TOLERANCE_MAX_PERCENT } from '@/trading/price-limit'
import { useAccount } from '@/trading/queries'
import { Button } from '@/ui/button'
import { AmountField } from '@/ui/field'

/** The order form of one asset. Use the asset as its `key`. */
export function OrderTicket({
  asset,
  side,
  onSide,
}: {
  asset: Asset
  side: Side
  onSide: (side: Side) => void
}) {
  const info = assetInfo(asset)
  const quote = useSteadyQuote(asset)
  const mark = useMark(asset)
  const free = useAccount().data?.free ?? null
  const [draft, setDraft] = useState<Draft>(() => loadDraft(asset))
  const [isTried, setIsTried] = useState(false)
  const { submit, isPending, error, reset } = useSubmit(() => act({ type: 'done' }))
  const { doubt, isAsked, press, forget } = useSecondPress(asset)
  const { toleranceText } = useStore(settings)

  function act(action: Action): void {
    reset()
    forget()
    setDraft((current) => reduce(current, action, { info, quote, free }))
    if (action.type === 'done') setIsTried(false)
  }
  // The side can also change from outside, by a keyboard shortcut.
  if (draft.orderType !== side) {
    setDraft(reduce(draft, { type: 'side', side }, { info, quote, free }))
  }

  useEffect(() => saveDraft(asset, draft), [asset, draft])

  const evaluation = evaluate(draft, info, quote, free, mark)
  const { preview, problems, request, entry, liquidation } = evaluation
  const tolerance = readTolerance(toleranceText)
  const limit = quote && tolerance !== null ? openLimit(draft.orderType, quote, tolerance) : null
  const isEmpty = draft.sizeText.trim() === ''
  const problem = (field: FieldName) =>
    problems[field] ??
    (field === 'size' && isTried && isEmpty ? 'Enter a size' : null) ??
    fieldProblem(error, field === 'size' ? 'qty' : field)
  const isLong = draft.orderType === 'LONG'

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- handles Enter in its fields
    <form
      aria-label={`Order for ${info.base}`}
      className="flex flex-col gap-3 p-3"
      noValidate
      onKeyDown={openFromSizeAlone}
      onSubmit={(event) => {
        event.preventDefault()
        setIsTried(true)
        if (request && limit !== null && press()) submit(request, print(limit))
      }}
    >
      <SideSwitch value={draft.orderType} onChange={onSide} asset={asset} />
      <LeverageField
        text={draft.leverageText}
        max={evaluation.maxLeverage}
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
      <AmountField
        label="Price tolerance"
        dense
        value={toleranceText}
        onText={(text) => change({ toleranceText: text })}
        unit="%"
        problem={tolerance === null ? `Enter 0 to ${TOLERANCE_MAX_PERCENT} %` : null}
      />
      {doubt && (
        <p role={isAsked ? 'alert' : 'status'} data-testid="doubt" className="text-xs text-warn">
          {doubt} {isAsked && 'Press again to send the order anyway.'}
        </p>
      )}
      <MarkNotice asset={asset} />
      <Button
        type="submit"
        look={isLong ? 'long' : 'short'}
        size="lg"
        pending={isPending}
        disabled={quote === null}
      >
        {isLong ? 'Open long' : 'Open short'} {info.base} {isAsked && 'anyway'}
      </Button>
      {error && Object.keys(error.fields).length === 0 && (
        <p role="alert" className="text-xs text-down">
          {sentence(error)}
        </p>
      )}
      <OrderPreview
        asset={asset}
        preview={preview}
        entry={entry}
        limit={limit}
        liquidation={liquidation}
        mark={mark}
      />
    </form>
  )
}

/** Prevents Enter from submitting the form in any field but the size. */
function openFromSizeAlone(event: KeyboardEvent): void {
  const { target } = event
  const isOther = target instanceof HTMLInputElement && target.id !== SIZE_ID
  if (event.key === 'Enter' && isOther) event.preventDefault()
}
