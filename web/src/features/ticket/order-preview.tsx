import type { ReactNode } from 'react'
import type { Evaluation } from '@/features/ticket/evaluate'
import { MarginHealth } from '@/features/ticket/margin-health'
import type { ExitPreview, Preview } from '@/features/ticket/previews'
import * as format from '@/format'
import type { Mark } from '@/live/frames'
import { type AssetInfo, hasCosts } from '@/markets'
import type { Account } from '@/trading/account'
import { Tooltip } from '@/ui/tooltip'
import { useClock } from '@/ui/use-clock'

type OrderPreviewProps = {
  info: AssetInfo
  evaluation: Evaluation
  limit: bigint | null
  mark: Mark | null
  account: Account | null
}

/** The figures of the order if it were filled now. */
export function OrderPreview({ info, evaluation, limit, mark, account }: OrderPreviewProps) {
  const { preview, entry, liquidation } = evaluation
  const { asset, base, takerFeePpm } = info
  const price = (value: bigint | null | undefined) =>
    value == null ? format.UNKNOWN : format.price(asset, value)
  const money = (value: bigint | undefined) =>
    value === undefined ? format.UNKNOWN : `${format.usd(value, 'ceiling')} USD`
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3">
      <MarginHealth preview={preview} account={account} />
      <dl className="flex flex-col gap-1.5 text-xs" aria-label="Preview">
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
        <Line
          name="Margin"
          about="Notional / leverage, rounded up. Held while the position is open."
        >
          {money(preview?.margin)}
        </Line>
        <Line name="Spread cost" about="The loss if you closed immediately.">
          {money(preview?.spreadCost)}
        </Line>
        {takerFeePpm > 0 && (
          <Line name="Fee to open" about={aboutFee(info)}>
            {money(preview?.fee)}
          </Line>
        )}
        {info.funding && (
          <Line name="Next funding" about={aboutFunding(info, mark)}>
            <Funding amount={preview?.funding ?? null} at={mark?.nextFundingTime ?? null} />
          </Line>
        )}
        <Line name="Liquidation price" about={aboutLiquidation(info)}>
          <span className="text-warn">{price(liquidation)}</span>
        </Line>
        <Line
          name="Break-even price"
          about="Where a close gives back what opening and closing cost, without fundings."
        >
          {price(preview?.breakEven)}
        </Line>
        <Line name="Maximum loss" about={aboutMaxLoss(info)}>
          <span className="text-down">{money(preview?.maxLoss)}</span>
        </Line>
        <Results preview={preview} info={info} />
      </dl>
    </div>
  )
}

/** What the exits bring, where there are any. */
function Results({ preview, info }: { preview: Preview | null; info: AssetInfo }) {
  if (!preview) return null
  const { takeProfit, stopLoss, riskReward } = preview
  const after = hasCosts(info) ? 'After the fees of opening and closing.' : 'Without any fees.'
  return (
    <>
      {takeProfit && (
        <Line name="At take-profit" about={`${after} Of all levels that are set.`}>
          <Result exit={takeProfit} />
        </Line>
      )}
      {stopLoss && (
        <Line name="At stop-loss" about={`${after} A price gap can make it worse.`}>
          <Result exit={stopLoss} />
        </Line>
      )}
      {riskReward !== null && (
        <Line
          name="Risk / reward"
          about="The result at the take-profit by the loss at the stop-loss."
        >
          {`1 : ${format.usd(riskReward)}`}
        </Line>
      )}
    </>
  )
}

function Result({ exit: { net } }: { exit: ExitPreview }) {
  const tone = net > 0n ? 'text-up' : 'text-down'
  return <span className={tone}>{`${format.signedUsd(net)} USD`}</span>
}

function aboutEntry(preview: Preview | null): string {
  if (preview && !preview.isImmediate) {
    return 'Where the order is expected to fill. A stop fills at the quote that reaches its trigger, which a price gap can make worse.'
  }
  return 'A long opens at the ask, a short at the bid.'
}

function aboutFee({ makerFeePpm, takerFeePpm }: AssetInfo): string {
  return `A taker pays ${format.ppm(takerFeePpm)} of the notional, rounded up, from the free margin; a limit order that rests pays ${format.ppm(makerFeePpm)}. Closing costs the same share of its own value.`
}

function Funding({ amount, at }: { amount: bigint | null; at: number | null }) {
  const now = useClock()
  if (amount === null) return format.UNKNOWN
  const sum = amount < 0n ? format.usd(-amount, 'ceiling') : format.usd(amount)
  if (at === null || at <= now) return amount < 0n ? `Pays ${sum} USD` : `Receives ${sum} USD`
  const time = format.duration(at - now)
  return amount < 0n ? `Pays ${sum} USD in ${time}` : `Receives ${sum} USD in ${time}`
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
