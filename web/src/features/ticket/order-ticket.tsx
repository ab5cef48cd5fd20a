import { t } from '@lingui/core/macro'
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { OrderKind } from '@/api/schema'
import { print } from '@/decimal'
import type { Action } from '@/features/ticket/draft'
import type { FieldName } from '@/features/ticket/evaluate'
import { LEVERAGE_ID, TICKET_ID, TOLERANCE_ID } from '@/features/ticket/field-ids'
import { ExitFields } from '@/features/ticket/exit-fields'
import { ExitWords, FixedWords } from '@/features/ticket/exit-words'
import { KindSwitch } from '@/features/ticket/kind-switch'
import { watchLevels } from '@/features/ticket/level-orders'
import { LevelsNotice } from '@/features/ticket/levels-notice'
import { LeverageField } from '@/features/ticket/leverage-field'
import { missing } from '@/features/ticket/missing'
import { OrderPreview } from '@/features/ticket/order-preview'
import { OrderWarnings } from '@/features/ticket/order-warnings'
import { shownFields } from '@/features/ticket/shown-fields'
import { SideSwitch } from '@/features/ticket/side-switch'
import { SizeFields } from '@/features/ticket/size-fields'
import { TermsFields } from '@/features/ticket/terms-fields'
import { useProposal } from '@/features/ticket/use-proposal'
import { type Sending, useSubmit } from '@/features/ticket/use-submit'
import { useTicket } from '@/features/ticket/use-ticket'
import { useSecondPress } from '@/live/use-second-press'
import type { Asset, AssetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import type { Side } from '@/rules'
import { useIsVisitor } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { MarkNotice } from '@/trading/mark-badge'
import { KIND_NAMES } from '@/trading/orders'
import { openLimit, readTolerance, TOLERANCE_MAX_PERCENT } from '@/trading/price-limit'
import { StartTrading } from '@/trading/start-trading'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { AmountField } from '@/ui/field'
import { Switch } from '@/ui/switch'

const loadDialog = () => import('@/features/ticket/confirm-order-dialog')
const ConfirmOrderDialog = lazy(async () => ({ default: (await loadDialog()).ConfirmOrderDialog }))

/** Fingers need 44 px where the page is one of a phone or a tablet. */
const BY_THUMB =
  'max-lg:[&_button]:min-h-11 max-lg:[&_div:has(>input:not([type=range]))]:h-12 max-lg:[&_dl_button]:min-h-6'

type OrderTicketProps = { asset: Asset; side: Side; onSide: (side: Side) => void }

/** The order form of one asset. Use the asset as its `key`. */
export function OrderTicket({ asset, side, onSide }: OrderTicketProps) {
  const ticket = useTicket(asset, side)
  const { info, quote, mark, account, mode, draft, evaluation, isReducing } = ticket
  const { toleranceText, confirmOrders } = useStore(settings)
  const isVisitor = useIsVisitor()
  const { doubt, isAsked, press, forget } = useSecondPress(asset)
  const { submit, isPending, error, reset } = useSubmit()
  const [tries, setTries] = useState(0)
  /** What the order was when the question about it was opened; null while there is none. */
  const [asked, setAsked] = useState<OrderKind | null>(null)
  const [failed, setFailed] = useState<Sending | null>(null)
  const form = useRef<HTMLFormElement>(null)
  useEffect(watchLevels, [])

  function act(action: Action): void {
    reset()
    forget()
    ticket.change(action)
    if (action.type === 'done') setTries(0)
  }

  const { preview, problems, request, type } = evaluation
  const actWords = actOf(type, draft.orderType, isReducing, info.base)
  const isMarket = draft.kind === 'MARKET'
  useProposal(asset, ({ side: proposed, kind, price }) => {
    if (proposed) onSide(proposed === 'BUY' ? 'LONG' : 'SHORT')
    if (kind) act({ type: 'kind', kind })
    if (price === undefined) return
    const text = print(price)
    // A proposed limit order rests, whatever the last one did.
    const terms =
      kind === 'LIMIT' ? { priceText: text, timeInForce: 'GTC' as const } : { triggerText: text }
    act({ type: 'terms', terms })
  })
  const tolerance = readTolerance(toleranceText)
  const most = String(TOLERANCE_MAX_PERCENT)
  const limit = quote && tolerance !== null ? openLimit(draft.orderType, quote, tolerance) : null
  const blocked = blockedBy(info, isReducing)
  const isSendable = request !== null && blocked === null && !(isMarket && limit === null)
  const sending: Sending | null = isSendable
    ? {
        order: request,
        limit: isMarket && limit !== null ? print(limit) : null,
        leverage: ticket.leverageToSet,
        later: evaluation.later,
        side: draft.orderType,
        mode,
      }
    : null
  const { base } = info
  const problem = (field: FieldName) =>
    problems[field] ??
    (tries > 0 ? missing(draft, field) : null) ??
    fieldProblem(error, field === 'size' ? 'qty' : field)

  // Whoever presses the button of a wrong form stands before the first wrong field.
  useEffect(() => {
    if (tries > 0 || error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [tries, error])

  async function send(sending: Sending): Promise<void> {
    const isTaken = await submit(sending)
    setAsked(null)
    setFailed(isTaken ? null : sending)
    if (isTaken) act({ type: 'done' })
  }

  function onSubmit(): void {
    setTries((count) => count + 1)
    // Exits and sizes that follow the price would make another order of it by now.
    if (error?.isUncertain && failed) return void send(failed)
    if (!sending || !press()) return
    if (confirmOrders) setAsked(type)
    else void send(sending)
  }

  const doubtNote = doubt && (
    <p role={isAsked ? 'alert' : 'status'} data-testid="doubt" className="text-xs text-warn">
      {isAsked ? t`${doubt} Press again to send the order anyway.` : doubt}
    </p>
  )

  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- handles Enter in its fields */}
      <form
        ref={form}
        id={TICKET_ID}
        aria-label={t`Order for ${base}`}
        className={cx('flex flex-col gap-3 p-3', BY_THUMB)}
        noValidate
        onKeyDown={keepSettings}
        onFocus={confirmOrders ? () => void loadDialog() : undefined}
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        <KindSwitch value={draft.kind} onChange={(kind) => act({ type: 'kind', kind })} />
        <SideSwitch value={draft.orderType} onChange={onSide} asset={asset} />
        {!isReducing && (
          <LeverageField
            text={draft.leverageText}
            info={info}
            max={evaluation.maxLeverage}
            free={account?.free ?? null}
            problem={problem('leverage')}
            onChange={(text) => act({ type: 'leverage', text })}
          />
        )}
        <TermsFields
          draft={draft}
          asset={asset}
          problem={problem}
          evaluation={evaluation}
          onAction={act}
        />
        <SizeFields
          draft={draft}
          info={info}
          problem={problem('size')}
          free={account?.free ?? null}
          isReducing={isReducing}
          evaluation={evaluation}
          onAction={act}
        />
        {mode === 'separate' ? (
          // What reduces a position names it, which this form can't.
          <p className="flex min-h-7 flex-wrap items-center justify-between gap-x-2 text-xs text-soft max-lg:hidden">
            {t`Reduce only`}{' '}
            <span className="text-faint">{t`Use Close in the positions list`}</span>
          </p>
        ) : (
          <Switch
            checked={draft.isReduceOnly}
            onChange={(isReduceOnly) => act({ type: 'reduceOnly', isReduceOnly })}
            className="flex min-h-7 items-center justify-between text-xs text-soft"
          >
            {t`Reduce only`}
          </Switch>
        )}
        {!isReducing && (
          <>
            <ExitFields
              draft={draft}
              preview={preview}
              asset={asset}
              problem={problem}
              onAction={act}
            />
            <FixedWords draft={draft} preview={preview} />
            <ExitWords draft={draft} preview={preview} />
          </>
        )}
        {isMarket && (
          <AmountField
            label={t`Price tolerance`}
            id={TOLERANCE_ID}
            dense
            value={toleranceText}
            onText={(text) => change({ toleranceText: text })}
            unit="%"
            problem={tolerance === null ? t`Enter 0 to ${most} %` : null}
          />
        )}
        <OrderWarnings warnings={evaluation.warnings} />
        {doubtNote}
        <MarkNotice asset={asset} />
        {blocked !== null && (
          <p role="status" className="text-xs text-warn">
            {blocked}
          </p>
        )}
        {isVisitor ? (
          <StartTrading />
        ) : (
          <Button
            type="submit"
            look={draft.orderType === 'LONG' ? 'long' : 'short'}
            size="lg"
            pending={isPending}
            disabled={quote === null || blocked !== null}
          >
            {isAsked ? t`${actWords} anyway` : actWords}
          </Button>
        )}
        <RequestProblem error={error} fields={shownFields(draft, isReducing)} />
        <LevelsNotice asset={asset} />
        <OrderPreview
          info={info}
          evaluation={evaluation}
          limit={isMarket ? limit : null}
          mark={mark}
          account={account}
        />
      </form>
      {asked && (
        <Suspense fallback={null}>
          <ConfirmOrderDialog
            asked={asked}
            stated={{ sending, draft, evaluation, isReducing, limit: isMarket ? limit : null }}
            info={info}
            blocked={blocked}
            doubt={doubtNote}
            isPending={isPending}
            onSend={(confirmed) => {
              if (press()) void send(confirmed)
            }}
            onClose={() => setAsked(null)}
          />
        </Suspense>
      )}
    </>
  )
}

/** Says that the market takes no such order. */
function blockedBy({ status, base }: AssetInfo, isReducing: boolean): string | null {
  if (status === 'HALTED') return t`Trading in ${base} is halted.`
  const isClosed = status === 'REDUCE_ONLY' && !isReducing
  return isClosed ? t`${base} is reduce-only at the moment: no position can be opened.` : null
}

/** The words of the button. */
function actOf(kind: OrderKind, side: Side, isReducing: boolean, base: string): string {
  const isLong = side === 'LONG'
  if (kind === 'MARKET' && !isReducing) return isLong ? t`Open long ${base}` : t`Open short ${base}`
  if (kind === 'MARKET') return isLong ? t`Reduce: buy ${base}` : t`Reduce: sell ${base}`
  const name = KIND_NAMES[kind]
  return isLong ? t`${name}: buy ${base}` : t`${name}: sell ${base}`
}

/** Enter sends the order, except from the fields that are settings and outlast it. */
function keepSettings(event: KeyboardEvent): void {
  const { target } = event
  const isSetting =
    target instanceof HTMLInputElement && [TOLERANCE_ID, LEVERAGE_ID].includes(target.id)
  if (event.key === 'Enter' && isSetting) event.preventDefault()
}
