import type { ReactNode } from 'react'
import type { Preview } from '@/features/ticket/previews'
import * as format from '@/format'
import type { Mark } from '@/live/frames'
import { type Asset, type AssetInfo, assetInfo } from '@/markets'
import { Tooltip } from '@/ui/tooltip'

type OrderPreviewProps = {
  asset: Asset
  preview: Preview | null
  entry: bigint | null
  limit: bigint | null
  liquidation: bigint | null
  mark: Mark | null
}

/** The figures of the order if it were filled now. */
export function OrderPreview(props: OrderPreviewProps) {
  const { asset, preview, entry, limit, liquidation, mark } = props
  const info = assetInfo(asset)
  const { base, takerFeePpm } = info
  const price = (value: bigint | null) =>
    value === null ? format.UNKNOWN : format.price(asset, value)
  const money = (value: bigint | undefined) =>
    value === undefined ? format.UNKNOWN : `${format.usd(value, 'ceiling')} USD`
  return (
    <dl className="flex flex-col gap-1.5 border-t border-line pt-3 text-xs" aria-label="Preview">
      <Line name="Entry price" about={aboutEntry(preview)}>
        {price(entry)}
      </Line>
      {limit !== null && (
        <Line
          name="Worst price"
          about="The entry price with your tolerance applied. Beyond it, the order is rejected."
        >
          {price(limit)}
        </Line>
      )}
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
      {takerFeePpm > 0 && (
        <Line
          name="Fee to open"
          about={`A taker pays ${format.ppm(takerFeePpm)} of the notional, rounded up, from the free margin. Closing costs the same share of its own value.`}
        >
          {money(preview?.fee)}
        </Line>
      )}
      {info.funding && (
        <Line name="Next funding" about={aboutFunding(info, mark)}>
          <Funding amount={preview?.funding ?? null} />
        </Line>
      )}
      <Line name="Liquidation price" about={aboutLiquidation(info)}>
        <span className="text-warn">{price(liquidation)}</span>
      </Line>
      <Line name="Maximum loss" about={aboutMaxLoss(info)}>
        <span className="text-down">{money(preview?.maxLoss)}</span>
      </Line>
    </dl>
  )
}

function aboutEntry(preview: Preview | null): string {
  if (preview && !preview.isImmediate) {
    return 'Where the order is expected to fill. A stop fills at the quote that reaches its trigger, which a price gap can make worse.'
  }
  return 'A long opens at the ask, a short at the bid.'
}

function Funding({ amount }: { amount: bigint | null }) {
  if (amount === null) return format.UNKNOWN
  if (amount < 0n) return `Pays ${format.usd(-amount, 'ceiling')} USD`
  return `Receives ${format.usd(amount)} USD`
}

function aboutFunding({ funding }: AssetInfo, mark: Mark | null): string {
  const every = `Every ${funding?.intervalHours} hours`
  const about = `${every}, longs pay the rate × the value at the mark price and shorts receive it, or the other way round where the rate is below zero.`
  if (mark?.fundingRate == null) return about
  return `At the present rate of ${format.rate(mark.fundingRate)}. ${about}`
}

function aboutMaxLoss({ takerFeePpm, funding }: AssetInfo): string {
  const [withFees, andFee] =
    takerFeePpm > 0 ? [', with all fees', ' and the fee to open'] : ['', '']
  const price = `The loss at the stop-loss, or at the liquidation price without one${withFees}. A price gap can cost more, up to the margin${andFee}.`
  if (!funding) return price
  return `${price} Fundings are not in it: they are taken from the balance besides, at each interval.`
}

function aboutLiquidation({ liquidationModel, liquidationLossBps }: AssetInfo): string {
  return liquidationModel === 'MAINTENANCE'
    ? 'At this mark price, margin and P&L are no more than the maintenance margin and the engine closes the position. It depends on the size.'
    : `At this price, ${format.bps(liquidationLossBps)} of the margin is lost and the engine closes the position.`
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
