import type { Action } from '@/features/ticket/draft'
import type { Draft } from '@/features/ticket/evaluate'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { AmountField } from '@/ui/field'
import { ShareButtons } from '@/ui/share-buttons'
import { Segmented } from '@/ui/tabs'

type SizeFieldsProps = {
  draft: Draft
  info: AssetInfo
  problem: string | null
  free: bigint | null
  onAction: (action: Action) => void
}

export const SIZE_ID = 'order-size'

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
      <ShareButtons
        label="Share of the free margin"
        value={draft.share}
        disabled={!free}
        onChange={(percent) => onAction({ type: 'share', percent })}
      />
    </div>
  )
}
