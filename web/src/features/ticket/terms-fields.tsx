import { t } from '@lingui/core/macro'
import type { OrderKind } from '@/api/schema'
import type { Action } from '@/features/ticket/draft'
import type { Draft, Evaluation, FieldName } from '@/features/ticket/evaluate'
import { hasPrice, hasTrigger } from '@/features/ticket/order-terms'
import { expiryText, timeOf, timesOf } from '@/features/ticket/time-in-force'
import { print, toStep } from '@/decimal'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { type Asset, assetInfo, priceTick } from '@/markets'
import { closePrice, type Side } from '@/rules'
import { settings } from '@/settings'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'
import { AmountField, Field } from '@/ui/field'
import { Segmented } from '@/ui/tabs'

type TermsFieldsProps = {
  draft: Draft
  asset: Asset
  problem: (field: FieldName) => string | null
  evaluation: Evaluation
  onAction: (action: Action) => void
}

type Terms = Extract<Action, { type: 'terms' }>['terms']

/** The fields that only some kinds of orders have. */
export function TermsFields({ draft, asset, problem, evaluation, onAction }: TermsFieldsProps) {
  const { kind } = draft
  const set = (terms: Terms) => onAction({ type: 'terms', terms })
  const isTrailing = kind === 'TRAILING_STOP_MARKET'
  if (kind === 'MARKET') return null
  const { type, words } = evaluation
  const status = (
    <p
      role="status"
      className={cx('text-xs empty:hidden', isTakeProfit(type) ? 'text-warn' : 'text-soft')}
    >
      {words}
    </p>
  )
  return (
    <div className="flex flex-col gap-3">
      {isTrailing && (
        <AmountField
          label={t`Callback`}
          dense
          value={draft.callbackText}
          problem={problem('callbackBps')}
          onText={(callbackText) => set({ callbackText })}
          unit="%"
        />
      )}
      {hasTrigger(kind) && (
        <AmountField
          label={isTrailing ? t`Activation price` : t`Trigger price`}
          dense
          placeholder={isTrailing ? t`None` : '0'}
          value={draft.triggerText}
          problem={problem('triggerPrice')}
          onText={(triggerText) => set({ triggerText })}
          unit="USD"
        />
      )}
      {hasTrigger(kind) && status}
      {hasPrice(kind) && (
        <AmountField
          label={t`Limit price`}
          dense
          placeholder="0"
          value={draft.priceText}
          problem={problem('price')}
          onText={(priceText) => set({ priceText })}
          unit={
            <BestPrice draft={draft} asset={asset} onPrice={(priceText) => set({ priceText })} />
          }
        />
      )}
      <TimeFields draft={draft} problem={problem('expiresAt')} onTerms={set} />
      {!hasTrigger(kind) && status}
    </div>
  )
}

/** Reports whether the stop that was chosen has become a take-profit, which is worth a second look. */
const isTakeProfit = (type: OrderKind) => type === 'TAKE_PROFIT_MARKET' || type === 'TAKE_PROFIT'

const DAY_MS = 86_400_000

type TimeFieldsProps = { draft: Draft; problem: string | null; onTerms: (terms: Terms) => void }

/** How long the order rests, to a date and time if the trader says so. */
function TimeFields({ draft, problem, onTerms }: TimeFieldsProps) {
  const { timeZone } = useStore(settings)
  const [time, zone] = [timeOf(draft), format.zoneName(timeZone)]
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-2 text-xs text-soft">
        <span>{t`Time in force`}</span>
        <Segmented
          label={t`Time in force`}
          value={time}
          onChange={(timeInForce) =>
            onTerms({
              timeInForce,
              ...(timeInForce === 'GTD' && draft.expiresText === ''
                ? { expiresText: expiryText(Date.now() + DAY_MS, timeZone) }
                : {}),
            })
          }
          options={timesOf(draft.kind)}
          className="[&_button]:px-1.5"
        />
      </div>
      {time === 'GTD' && (
        <Field
          label={t`Ends at (${zone})`}
          dense
          type="datetime-local"
          value={draft.expiresText}
          problem={problem}
          onChange={({ target }) => onTerms({ expiresText: target.value })}
        />
      )}
    </div>
  )
}

type BestPriceProps = { draft: Draft; asset: Asset; onPrice: (text: string) => void }

/** A button that fills in the best price at which a limit order rests. */
function BestPrice({ draft, asset, onPrice }: BestPriceProps) {
  const isLong = draft.orderType === 'LONG'
  return (
    <button
      type="button"
      title={isLong ? t`The bid of now` : t`The ask of now`}
      className="h-7 rounded px-2 text-soft transition-colors hover:bg-hover hover:text-ink"
      onClick={() => {
        const quote = quoteOf(asset)
        if (quote)
          onPrice(print(resting(asset, draft.orderType, closePrice(draft.orderType, quote))))
      }}
    >
      {isLong ? t`Bid` : t`Ask`}
    </button>
  )
}

/** The price on the tick at which an order rests: no better for others than the quote. */
function resting(asset: Asset, side: Side, price: bigint): bigint {
  const { priceTick: tick } = assetInfo(asset)
  if (tick === null) return price
  return toStep(price, priceTick(assetInfo(asset)), side === 'LONG' ? 'floor' : 'ceiling')
}
