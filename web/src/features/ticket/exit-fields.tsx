import { t } from '@lingui/core/macro'
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

/** The words of an exit, and of its levels by their numbers, which begin with 1. */
type Words = {
  name: string
  asUnit: string
  add: string
  level: (number: number) => string
  shareOf: (number: number) => string
  remove: (number: number) => string
}

const EXITS: { exit: ExitName; wordsOf: () => Words }[] = [
  {
    exit: 'takeProfit',
    wordsOf: () => ({
      name: t`Take-profit`,
      asUnit: t`Take-profit as`,
      add: t`Add level to take-profit`,
      level: (number) => (number === 1 ? t`Take-profit` : t`Take-profit ${number}`),
      shareOf: (number) =>
        number === 1 ? t`Share of take-profit` : t`Share of take-profit ${number}`,
      remove: (number) => (number === 1 ? t`Remove take-profit` : t`Remove take-profit ${number}`),
    }),
  },
  {
    exit: 'stopLoss',
    wordsOf: () => ({
      name: t`Stop-loss`,
      asUnit: t`Stop-loss as`,
      add: t`Add level to stop-loss`,
      level: (number) => (number === 1 ? t`Stop-loss` : t`Stop-loss ${number}`),
      shareOf: (number) => (number === 1 ? t`Share of stop-loss` : t`Share of stop-loss ${number}`),
      remove: (number) => (number === 1 ? t`Remove stop-loss` : t`Remove stop-loss ${number}`),
    }),
  },
]

const unitsOf = (): { value: ExitUnit; label: string; title: string; unit: string }[] => [
  { value: 'price', label: t`Price`, title: t`Price at which the position closes`, unit: 'USD' },
  { value: 'percent', label: '%', title: t`Distance in per cent of the entry price`, unit: '%' },
  { value: 'distance', label: '±', title: t`Distance from the entry price in USD`, unit: 'USD' },
  { value: 'pnl', label: t`P&L`, title: t`Profit or loss in USD`, unit: 'USD' },
  { value: 'roe', label: t`ROE`, title: t`Profit or loss in per cent of the margin`, unit: '%' },
]

export function ExitFields(props: ExitFieldsProps) {
  return (
    <div className="flex flex-col gap-3">
      {EXITS.map(({ exit, wordsOf }) => (
        <ExitLevels key={exit} exit={exit} words={wordsOf()} {...props} />
      ))}
    </div>
  )
}

type ExitLevelsProps = ExitFieldsProps & { exit: ExitName; words: Words }

function ExitLevels({ exit, words, draft, preview, asset, problem, onAction }: ExitLevelsProps) {
  const levels = levelsOf(draft[exit])
  const { unit } = draft[exit]
  const units = unitsOf()
  const isSeveral = levels.length > 1
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="sr-only">{words.name}</legend>
      <div className="flex items-center justify-between gap-1">
        <span aria-hidden className="text-xs text-soft">
          {words.name}
        </span>
        <Segmented
          label={words.asUnit}
          value={unit}
          onChange={(next) => onAction({ type: 'exitUnit', exit, unit: next })}
          options={units}
          className="max-lg:[&_button]:min-w-11 [&_button]:px-1.5"
        />
      </div>
      {levels.map((level, index) => (
        // The levels have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="flex items-start gap-1.5">
          <AmountField
            label={<span className="sr-only">{words.level(index + 1)}</span>}
            className="min-w-0 flex-1 [&>div:first-child]:hidden"
            aria-label={words.level(index + 1)}
            dense
            placeholder={t`None`}
            value={level.text}
            problem={problem(levelField(exit, index))}
            hint={hint(preview?.[exit] ?? null, index, draft, exit, asset)}
            onText={(text) => onAction({ type: 'exit', exit, index, level: { text } })}
            unit={units.find(({ value }) => value === unit)?.unit}
          />
          {isSeveral && (
            <>
              <AmountField
                label=""
                className="w-20 shrink-0 [&>div:first-child]:hidden"
                aria-label={words.shareOf(index + 1)}
                dense
                value={level.share}
                problem={problem(shareField(exit, index))}
                onText={(share) => onAction({ type: 'exit', exit, index, level: { share } })}
                unit="%"
              />
              <IconButton
                label={words.remove(index + 1)}
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
          aria-label={words.add}
          className="-mx-1 inline-flex min-h-6 items-center gap-1 self-start rounded px-1 text-2xs text-faint hover:bg-hover hover:text-ink"
          onClick={() => onAction({ type: 'addLevel', exit })}
        >
          <Plus size={12} aria-hidden /> {t`Add level`}
        </button>
      )}
    </fieldset>
  )
}

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
    const [price, pnl] = [format.price(asset, level.price), format.signedUsd(level.pnl)]
    return t`at ${price}: ${pnl} USD`
  }
  const needsSize = draft[exit].unit !== 'price' && draft.sizeText.trim() === ''
  const { base } = assetInfo(asset)
  return needsSize ? t`Enter a size in ${base} or USD first` : null
}
