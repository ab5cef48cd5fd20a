import { Plus, X } from 'lucide-react'
import type { Action } from '@/features/ticket/draft'
import type { Draft, FieldName } from '@/features/ticket/evaluate'
import {
  type ExitUnit,
  levelField,
  LEVELS_MAX,
  levelsOf,
  shareField,
} from '@/features/ticket/levels'
import type { ExitPreview, Preview } from '@/features/ticket/previews'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { ExitName } from '@/trading/exits'
import { IconButton } from '@/ui/button'
import { AmountField } from '@/ui/field'
import { Segmented } from '@/ui/tabs'

type ExitFieldsProps = {
  draft: Draft
  preview: Preview | null
  asset: Asset
  problem: (field: FieldName) => string | null
  onAction: (action: Action) => void
}

const EXITS: { exit: ExitName; label: string }[] = [
  { exit: 'takeProfit', label: 'Take-profit' },
  { exit: 'stopLoss', label: 'Stop-loss' },
]

const UNITS: { value: ExitUnit; label: string; title: string; unit: string }[] = [
  { value: 'price', label: 'Price', title: 'Price at which the position closes', unit: 'USD' },
  { value: 'percent', label: '%', title: 'Distance in per cent of the entry price', unit: '%' },
  { value: 'distance', label: '±', title: 'Distance from the entry price in USD', unit: 'USD' },
  { value: 'pnl', label: 'P&L', title: 'Profit or loss in USD', unit: 'USD' },
  { value: 'roe', label: 'ROE', title: 'Profit or loss in per cent of the margin', unit: '%' },
]

export function ExitFields(props: ExitFieldsProps) {
  return (
    <div className="flex flex-col gap-3">
      {EXITS.map((exit) => (
        <ExitLevels key={exit.exit} {...exit} {...props} />
      ))}
    </div>
  )
}

type ExitLevelsProps = ExitFieldsProps & { exit: ExitName; label: string }

function ExitLevels({ exit, label, draft, preview, asset, problem, onAction }: ExitLevelsProps) {
  const levels = levelsOf(draft[exit])
  const { unit } = draft[exit]
  const isSeveral = levels.length > 1
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="sr-only">{label}</legend>
      <div className="flex items-center justify-between gap-1">
        <span aria-hidden className="text-xs text-soft">
          {label}
        </span>
        <Segmented
          label={`${label} as`}
          value={unit}
          onChange={(next) => onAction({ type: 'exitUnit', exit, unit: next })}
          options={UNITS}
          className="max-lg:[&_button]:min-w-11 [&_button]:px-1.5"
        />
      </div>
      {levels.map((level, index) => (
        // The levels have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="flex items-start gap-1.5">
          <AmountField
            label={<span className="sr-only">{nameOf(label, index)}</span>}
            className="min-w-0 flex-1 [&>div:first-child]:hidden"
            aria-label={nameOf(label, index)}
            dense
            placeholder="None"
            value={level.text}
            problem={problem(levelField(exit, index))}
            hint={hint(preview?.[exit] ?? null, index, draft, exit, asset)}
            onText={(text) => onAction({ type: 'exit', exit, index, level: { text } })}
            unit={UNITS.find(({ value }) => value === unit)?.unit}
          />
          {isSeveral && (
            <>
              <AmountField
                label=""
                className="w-20 shrink-0 [&>div:first-child]:hidden"
                aria-label={`Share of ${nameOf(label, index).toLowerCase()}`}
                dense
                value={level.share}
                problem={problem(shareField(exit, index))}
                onText={(share) => onAction({ type: 'exit', exit, index, level: { share } })}
                unit="%"
              />
              <IconButton
                label={`Remove ${nameOf(label, index).toLowerCase()}`}
                className="mt-0.5 max-lg:size-11"
                onClick={() => onAction({ type: 'removeLevel', exit, index })}
              >
                <X size={14} />
              </IconButton>
            </>
          )}
        </div>
      ))}
      {levels.length < LEVELS_MAX && (
        <button
          type="button"
          aria-label={`Add level to ${label.toLowerCase()}`}
          className="-mx-1 inline-flex min-h-6 items-center gap-1 self-start rounded px-1 text-2xs text-faint hover:bg-hover hover:text-ink"
          onClick={() => onAction({ type: 'addLevel', exit })}
        >
          <Plus size={12} aria-hidden /> Add level
        </button>
      )}
    </fieldset>
  )
}

const nameOf = (label: string, index: number) => (index === 0 ? label : `${label} ${index + 1}`)

/** Returns the price and P&L of a level, or what is missing to compute them. */
function hint(
  read: ExitPreview | null,
  index: number,
  draft: Draft,
  exit: ExitName,
  asset: Asset,
): string | null {
  const text = levelsOf(draft[exit])[index]?.text.trim()
  const level = read?.levels.find((each) => each.index === index)
  if (!text) return null
  if (level) {
    const price = `at ${format.price(asset, level.price)}`
    return `${price}: ${format.signedUsd(level.pnl)} USD`
  }
  const needsSize = draft[exit].unit !== 'price' && draft.sizeText.trim() === ''
  return needsSize ? `Enter a size in ${assetInfo(asset).base} or USD first` : null
}
