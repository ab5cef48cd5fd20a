import type { Action } from '@/features/ticket/draft'
import type { Draft, FieldName } from '@/features/ticket/evaluate'
import { hasPrice, hasTrigger, TIMES_IN_FORCE } from '@/features/ticket/order-terms'
import { print } from '@/decimal'
import { quoteOf } from '@/live/prices'
import type { Asset } from '@/markets'
import { closePrice } from '@/rules'
import { AmountField } from '@/ui/field'
import { Segmented } from '@/ui/tabs'

type TermsFieldsProps = {
  draft: Draft
  asset: Asset
  problem: (field: FieldName) => string | null
  words: string | null
  onAction: (action: Action) => void
}

/** The fields that only some kinds of orders have. */
export function TermsFields({ draft, asset, problem, words, onAction }: TermsFieldsProps) {
  const { kind } = draft
  const set = (terms: Extract<Action, { type: 'terms' }>['terms']) =>
    onAction({ type: 'terms', terms })
  const isTrailing = kind === 'TRAILING_STOP_MARKET'
  if (kind === 'MARKET') return null
  return (
    <div className="flex flex-col gap-3">
      {isTrailing && (
        <AmountField
          label="Callback"
          dense
          value={draft.callbackText}
          problem={problem('callbackBps')}
          onText={(callbackText) => set({ callbackText })}
          unit="%"
        />
      )}
      {hasTrigger(kind) && (
        <AmountField
          label={isTrailing ? 'Activation price' : 'Trigger price'}
          dense
          placeholder={isTrailing ? 'None' : '0'}
          value={draft.triggerText}
          problem={problem('triggerPrice')}
          onText={(triggerText) => set({ triggerText })}
          unit="USD"
        />
      )}
      {hasPrice(kind) && (
        <AmountField
          label="Limit price"
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
      {kind === 'LIMIT' && (
        <div className="flex items-center justify-between text-xs text-soft">
          <span>Time in force</span>
          <Segmented
            label="Time in force"
            value={draft.timeInForce}
            onChange={(timeInForce) => set({ timeInForce })}
            options={TIMES_IN_FORCE}
          />
        </div>
      )}
      <p role="status" className="text-xs text-soft empty:hidden">
        {words}
      </p>
    </div>
  )
}

/** A button that fills in the best price at which a limit order rests. */
function BestPrice({
  draft,
  asset,
  onPrice,
}: {
  draft: Draft
  asset: Asset
  onPrice: (text: string) => void
}) {
  const name = draft.orderType === 'LONG' ? 'Bid' : 'Ask'
  return (
    <button
      type="button"
      title={`The ${name.toLowerCase()} of now`}
      className="h-7 rounded px-2 text-soft transition-colors hover:bg-hover hover:text-ink"
      onClick={() => {
        const quote = quoteOf(asset)
        if (quote) onPrice(print(closePrice(draft.orderType, quote)))
      }}
    >
      {name}
    </button>
  )
}
