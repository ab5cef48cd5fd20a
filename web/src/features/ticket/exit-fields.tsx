import type { Action } from '@/features/ticket/draft'
import type { Draft, ExitUnit } from '@/features/ticket/evaluate'
import type { Preview } from '@/features/ticket/previews'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import type { ExitName } from '@/trading/exits'
import { AmountField } from '@/ui/field'
import { Segmented } from '@/ui/tabs'

type ExitFieldsProps = {
  draft: Draft
  preview: Preview | null
  asset: Asset
  problems: Record<ExitName, string | null>
  onAction: (action: Action) => void
}

const EXITS: { exit: ExitName; label: string }[] = [
  { exit: 'takeProfit', label: 'Take-profit' },
  { exit: 'stopLoss', label: 'Stop-loss' },
]

const UNITS: { value: ExitUnit; label: string; title: string }[] = [
  { value: 'price', label: 'Price', title: 'Price at which the position closes' },
  { value: 'pnl', label: 'P&L', title: 'Profit or loss in USD' },
  { value: 'roe', label: 'ROE', title: 'Profit or loss in per cent of the margin' },
]

export function ExitFields({ draft, preview, asset, problems, onAction }: ExitFieldsProps) {
  return (
    <div className="flex flex-col gap-3">
      {EXITS.map(({ exit, label }) => (
        <AmountField
          key={exit}
          label={label}
          dense
          placeholder="None"
          value={draft[exit].text}
          problem={problems[exit]}
          hint={hint(exit, draft, preview, asset)}
          onText={(text) => onAction({ type: 'exit', exit, text })}
          unit={
            <Segmented
              label={`${label} as`}
              value={draft[exit].unit}
              onChange={(unit) => onAction({ type: 'exitUnit', exit, unit })}
              options={UNITS}
            />
          }
        />
      ))}
    </div>
  )
}

/** Returns the exit's price and P&L, or what is missing to compute them. */
function hint(exit: ExitName, draft: Draft, preview: Preview | null, asset: Asset) {
  const read = preview?.[exit]
  if (!read || !preview || draft[exit].text.trim() === '') {
    const { base } = assetInfo(asset)
    const needsSize = draft[exit].unit !== 'price' && draft[exit].text !== '' && !preview
    return needsSize ? `Enter a size in ${base} or USD first` : null
  }
  const price = `at ${format.price(asset, read.price)}`
  return `${price}: ${format.signedUsd(read.pnl)} USD`
}
