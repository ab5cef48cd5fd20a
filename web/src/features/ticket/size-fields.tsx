import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import type { Action } from '@/features/ticket/draft'
import { SIZE_ID } from '@/features/ticket/field-ids'
import type { Draft, Evaluation } from '@/features/ticket/evaluate'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { cx } from '@/ui/class-names'
import { AmountField } from '@/ui/field'
import { Slider } from '@/ui/slider'
import { Segmented } from '@/ui/tabs'

type SizeFieldsProps = {
  draft: Draft
  info: AssetInfo
  problem: string | null
  free: bigint | null
  isReducing: boolean
  evaluation: Evaluation
  onAction: (action: Action) => void
}

const MARKS = [0, 25, 50, 75, 100]

export function SizeFields(props: SizeFieldsProps) {
  const { draft, info, problem, free, isReducing, evaluation, onAction } = props
  const label = isReducing ? t`Share of the position` : t`Share of the free margin`
  const share = draft.share ?? shareOf(evaluation, free, isReducing)
  const money = free === null ? format.UNKNOWN : `${format.usd(free)} USD`
  const choose = (percent: number) => onAction({ type: 'share', percent })
  return (
    <div className="flex flex-col gap-1.5">
      <AmountField
        label={t`Size`}
        id={SIZE_ID}
        dense
        placeholder="0"
        value={draft.sizeText}
        problem={problem}
        hint={draft.sizeUnit === 'base' ? null : meaning(evaluation, info)}
        onText={(text) => onAction({ type: 'size', text })}
        aside={
          <span className="text-xs text-faint">
            <Trans>
              Free{' '}
              <span className="text-soft" data-testid="ticket-free">
                {money}
              </span>
            </Trans>
          </span>
        }
        unit={
          <Segmented
            label={t`Size in`}
            value={draft.sizeUnit}
            onChange={(unit) => onAction({ type: 'sizeUnit', unit })}
            options={[
              { value: 'base', label: info.base },
              { value: 'usd', label: 'USD' },
              { value: 'share', label: '%', title: label },
            ]}
          />
        }
      />
      <Slider
        label={label}
        value={share}
        min={0}
        max={100}
        valueText={`${share} %`}
        onChange={choose}
        className="max-lg:h-11"
      />
      <div className="flex justify-between max-lg:-mt-3">
        {MARKS.map((percent) => (
          <button
            key={percent}
            type="button"
            aria-label={`${label}: ${percent}%`}
            aria-pressed={draft.share === percent}
            onClick={() => choose(percent)}
            className={cx(
              '-mx-1 min-h-6 rounded px-1 text-2xs hover:bg-hover hover:text-ink max-lg:min-w-11',
              draft.share === percent ? 'text-accent' : 'text-faint',
            )}
          >
            {percent}%
          </button>
        ))}
      </div>
    </div>
  )
}

/** The size in the base asset, where it is typed in another unit. */
function meaning({ qty }: Evaluation, { asset, base }: AssetInfo): string | null {
  return qty === null ? null : `${format.qty(asset, qty)} ${base}`
}

/** Where a typed size stands on the slider. */
function shareOf({ preview }: Evaluation, free: bigint | null, isReducing: boolean): number {
  if (isReducing || !preview || !free || free <= 0n) return 0
  const percent = Number(((preview.margin + preview.fee) * 100n) / free)
  return Math.min(100, percent)
}
