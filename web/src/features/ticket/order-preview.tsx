import type { ReactNode } from 'react'
import type { Preview } from '@/features/ticket/evaluate'
import * as format from '@/format'
import { type Asset, assetInfo } from '@/markets'
import { Tooltip } from '@/ui/tooltip'

type OrderPreviewProps = {
  asset: Asset
  preview: Preview | null
  entry: bigint | null
  limit: bigint | null
  liquidation: bigint | null
}

/** The figures of the order if it were filled now. */
export function OrderPreview({ asset, preview, entry, limit, liquidation }: OrderPreviewProps) {
  const { base, liquidationLossBps } = assetInfo(asset)
  const price = (value: bigint | null) =>
    value === null ? format.UNKNOWN : format.price(asset, value)
  const money = (value: bigint | undefined) =>
    value === undefined ? format.UNKNOWN : `${format.usd(value, 'ceiling')} USD`
  return (
    <dl className="flex flex-col gap-1.5 border-t border-line pt-3 text-xs" aria-label="Preview">
      <Line name="Entry price" about="A long opens at the ask, a short at the bid.">
        {price(entry)}
      </Line>
      <Line
        name="Worst price"
        about="The entry price with your tolerance applied. Beyond it, the order is rejected."
      >
        {price(limit)}
      </Line>
      <Line name="Size" about="In the base asset. Profit and loss are proportional to it.">
        {preview ? `${format.qty(asset, preview.qty)} ${base}` : format.UNKNOWN}
      </Line>
      <Line name="Notional" about="Size × entry price.">
        {money(preview?.notional)}
      </Line>
      <Line name="Margin" about="Notional / leverage, rounded up. Held while the position is open.">
        {money(preview?.margin)}
      </Line>
      <Line name="Spread cost" about="The loss if you closed immediately.">
        {money(preview?.spreadCost)}
      </Line>
      <Line
        name="Liquidation price"
        about={`At this price, ${format.bps(liquidationLossBps)} of the margin is lost and the engine closes the position.`}
      >
        <span className="text-warn">{price(liquidation)}</span>
      </Line>
      <Line
        name="Maximum loss"
        about="The loss at the stop-loss, or at the liquidation price without one. A price gap can cost more, but never more than the margin."
      >
        <span className="text-down">{money(preview?.maxLoss)}</span>
      </Line>
    </dl>
  )
}

function Line({ name, about, children }: { name: string; about: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-2">
      <dt>
        <Tooltip content={about}>
          <button
            type="button"
            className="cursor-help text-faint underline decoration-edge decoration-dotted underline-offset-4"
          >
            {name}
          </button>
        </Tooltip>
      </dt>
      <dd className="text-right text-ink">{children}</dd>
    </div>
  )
}
