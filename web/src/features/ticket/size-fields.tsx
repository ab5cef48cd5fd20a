import type { Action } from '@/features/ticket/draft'
import type { Draft } from '@/features/ticket/evaluate'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { cx } from '@/ui/class-names'
import { AmountField } from '@/ui/field'
import { Segmented } from '@/ui/tabs'

type SizeFieldsProps = {
  draft: Draft
  info: AssetInfo
  problem: string | null
  free: bigint | null
  onAction: (action: Action) => void
}

export const SIZE_ID = 'order-size'

const SHARES = [25, 50, 75, 100]

export function SizeFields({ draft, info, problem, free, onAction }: SizeFieldsProps) {
  return (
    <div className="flex flex-col gap-2">
      <AmountField
        label="Size"
        id={SIZE_ID}
        dense
        placeholder="0"
        value={draft.sizeText}
        problem={problem}
        onText={(text) => onAction({ type: 'size', text })}
        aside={
          <span className="text-xs text-faint">
            Free{' '}
            <span className="text-soft" data-testid="ticket-free">
              {free === null ? format.UNKNOWN : `${format.usd(free)} USD`}
            </span>
          </span>
        }
        unit={
          <Segmented
            label="Size in"
            value={draft.sizeUnit}
            onChange={(unit) => onAction({ type: 'sizeUnit', unit })}
            options={[
              { value: 'base', label: info.base },
              { value: 'usd', label: 'USD' },
            ]}
          />
        }
      />
      <fieldset className="grid grid-cols-4 gap-1">
        <legend className="sr-only">Share of the free margin</legend>
        {SHARES.map((percent) => (
          <button
            key={percent}
            type="button"
            aria-pressed={draft.share === percent}
            disabled={!free}
            onClick={() => onAction({ type: 'share', percent })}
            className={cx(
              'h-7 rounded border text-xs transition-colors disabled:opacity-50',
              draft.share === percent
                ? 'border-accent text-accent'
                : 'border-line text-soft hover:border-edge hover:text-ink',
            )}
          >
            {percent}%
          </button>
        ))}
      </fieldset>
    </div>
  )
}
