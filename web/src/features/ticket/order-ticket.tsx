import { type KeyboardEvent, useEffect, useState } from 'react'
import { fieldProblem, sentence } from '@/api/errors'
import { type Action, reduce } from '@/features/ticket/draft'
import { loadDraft, saveDraft } from '@/features/ticket/drafts'
import { type Draft, evaluate, type FieldName } from '@/features/ticket/evaluate'
import { ExitFields } from '@/features/ticket/exit-fields'
import { KindSwitch } from '@/features/ticket/kind-switch'
import { LeverageField } from '@/features/ticket/leverage-field'
import { hasPrice, hasTrigger } from '@/features/ticket/order-terms'
import { OrderPreview } from '@/features/ticket/order-preview'
import { SideSwitch } from '@/features/ticket/side-switch'
import { SIZE_ID, SizeFields } from '@/features/ticket/size-fields'
import { TermsFields } from '@/features/ticket/terms-fields'
import { useMode } from '@/features/ticket/use-mode'
import { useSubmit } from '@/features/ticket/use-submit'
import { useMark } from '@/live/marks'
import { useSecondPress } from '@/live/use-second-press'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { print } from '@/decimal'
import { type Asset, assetInfo } from '@/markets'
import type { Side } from '@/rules'
import { useIsVisitor } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { MarkNotice } from '@/trading/mark-badge'
import { KIND_NAMES } from '@/trading/orders'
import { openLimit, readTolerance, TOLERANCE_MAX_PERCENT } from '@/trading/price-limit'
import { useAccount } from '@/trading/queries'
import { StartTrading } from '@/trading/start-trading'
import { Button } from '@/ui/button'
import { AmountField } from '@/ui/field'
import { Switch } from '@/ui/switch'

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
  const isVisitor = useIsVisitor()
  const free = useAccount().data?.free ?? null
  const { mode, leverage: setLeverage } = useMode(info)
  const [draft, setDraft] = useState<Draft>(() => loadDraft(asset))
  const [knownLeverage, setKnownLeverage] = useState<number | null>(null)
  const [isTried, setIsTried] = useState(false)
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

  // Where orders are netted, the account has one leverage in the market, also from elsewhere.
  if (setLeverage !== knownLeverage) {
    setKnownLeverage(setLeverage)
    if (setLeverage !== null) setDraft({ ...draft, leverageText: String(setLeverage) })
  }

  useEffect(() => saveDraft(asset, draft), [asset, draft])
  const evaluation = evaluate(draft, info, quote, free, mark, mode)
  const { preview, problems, request, entry, liquidation, words, leverage } = evaluation
  const isMarket = draft.kind === 'MARKET'
  const isReducing = draft.isReduceOnly && mode !== 'separate'
  const isOtherLeverage = setLeverage !== null && leverage !== setLeverage && !isReducing
  const { submit, isPending, error, reset } = useSubmit(isOtherLeverage ? leverage : null)
  const tolerance = readTolerance(toleranceText)
  const limit = quote && tolerance !== null ? openLimit(draft.orderType, quote, tolerance) : null
  const problem = (field: FieldName) =>
    problems[field] ??
    (isTried ? missing(draft, field) : null) ??
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
        if (isVisitor || !request || limit === null || !press()) return
        void submit(request, isMarket ? print(limit) : null).then((isTaken) => {
          if (isTaken) act({ type: 'done' })
        })
      }}
    >
      <KindSwitch value={draft.kind} onChange={(kind) => act({ type: 'kind', kind })} />
      <SideSwitch value={draft.orderType} onChange={onSide} asset={asset} />
      <LeverageField
        text={draft.leverageText}
        max={evaluation.maxLeverage}
        problem={problem('leverage')}
        onChange={(text) => act({ type: 'leverage', text })}
      />
      <TermsFields draft={draft} asset={asset} problem={problem} words={words} onAction={act} />
      <SizeFields draft={draft} info={info} problem={problem('size')} free={free} onAction={act} />
      {mode !== 'separate' && (
        <Switch
          checked={draft.isReduceOnly}
          onChange={(isReduceOnly) => act({ type: 'reduceOnly', isReduceOnly })}
          className="flex items-center justify-between text-xs text-soft"
        >
          Reduce only
        </Switch>
      )}
      {!isReducing && (
        <ExitFields
          draft={draft}
          preview={preview}
          asset={asset}
          problems={{ stopLoss: problem('stopLoss'), takeProfit: problem('takeProfit') }}
          onAction={act}
        />
      )}
      {isMarket && (
        <AmountField
          label="Price tolerance"
          dense
          value={toleranceText}
          onText={(text) => change({ toleranceText: text })}
          unit="%"
          problem={tolerance === null ? `Enter 0 to ${TOLERANCE_MAX_PERCENT} %` : null}
        />
      )}
      {doubt && (
        <p role={isAsked ? 'alert' : 'status'} data-testid="doubt" className="text-xs text-warn">
          {doubt} {isAsked && 'Press again to send the order anyway.'}
        </p>
      )}
      <MarkNotice asset={asset} />
      {isVisitor ? (
        <StartTrading />
      ) : (
        <Button
          type="submit"
          look={isLong ? 'long' : 'short'}
          size="lg"
          pending={isPending}
          disabled={quote === null}
        >
          {actOf(draft, isReducing)} {info.base} {isAsked && 'anyway'}
        </Button>
      )}
      {error && Object.keys(error.fields).length === 0 && (
        <p role="alert" className="text-xs text-down">
          {sentence(error)}
        </p>
      )}
      <OrderPreview
        asset={asset}
        preview={preview}
        entry={entry}
        limit={isMarket ? limit : null}
        liquidation={liquidation}
        mark={mark}
      />
    </form>
  )
}

/** The words of the button before the asset. */
function actOf({ kind, orderType }: Draft, isReducing: boolean): string {
  const isLong = orderType === 'LONG'
  if (kind === 'MARKET' && !isReducing) return isLong ? 'Open long' : 'Open short'
  if (kind === 'MARKET') return isLong ? 'Reduce: buy' : 'Reduce: sell'
  return `${KIND_NAMES[kind]}: ${isLong ? 'buy' : 'sell'}`
}

/** Returns the problem of a field that was left empty, once the form was sent. */
function missing(draft: Draft, field: FieldName): string | null {
  const { kind, sizeText, priceText, triggerText, callbackText } = draft
  const isEmpty = (text: string) => text.trim() === ''
  const isTrailing = kind === 'TRAILING_STOP_MARKET'
  if (field === 'size' && isEmpty(sizeText)) return 'Enter a size'
  if (field === 'price' && hasPrice(kind) && isEmpty(priceText)) return 'Enter a price'
  if (field === 'callbackBps' && isTrailing && isEmpty(callbackText)) return 'Enter 0.1 to 10 %'
  const needsTrigger = hasTrigger(kind) && !isTrailing
  return field === 'triggerPrice' && needsTrigger && isEmpty(triggerText) ? 'Enter a price' : null
}

/** Prevents Enter from submitting the form in any field but the size. */
function openFromSizeAlone(event: KeyboardEvent): void {
  const { target } = event
  const isOther = target instanceof HTMLInputElement && target.id !== SIZE_ID
  if (event.key === 'Enter' && isOther) event.preventDefault()
}
