import { t } from '@lingui/core/macro'
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
      <dl className="flex flex-col gap-1.5 text-xs" aria-label={t`Preview`}>
        <Line name={t`Entry price`} about={aboutEntry(preview)}>
          {price(entry)}
        </Line>
        {limit !== null && (
          <Line
            name={t`Worst price`}
            about={t`The entry price with your tolerance applied. Beyond it, the order is rejected.`}
          >
            {price(limit)}
          </Line>
        )}
        <Line name={t`Size`} about={t`In the base asset. Profit and loss are proportional to it.`}>
          {preview ? `${format.qty(asset, preview.qty)} ${base}` : format.UNKNOWN}
        </Line>
        <Line name={t`Notional`} about={t`Size × entry price.`}>
          {money(preview?.notional)}
        </Line>
        <Line
          name={t`Margin`}
          about={t`Notional / leverage, rounded up. Held while the position is open.`}
        >
          {money(preview?.margin)}
        </Line>
        <Line name={t`Spread cost`} about={t`The loss if you closed immediately.`}>
          {money(preview?.spreadCost)}
        </Line>
        {takerFeePpm > 0 && (
          <Line name={t`Fee to open`} about={aboutFee(info)}>
            {money(preview?.fee)}
          </Line>
        )}
        {info.funding && (
          <Line name={t`Next funding`} about={aboutFunding(info, mark)}>
            <Funding amount={preview?.funding ?? null} at={mark?.nextFundingTime ?? null} />
          </Line>
        )}
        <Line name={t`Liquidation price`} about={aboutLiquidation(info)}>
          <span className="text-warn">{price(liquidation)}</span>
        </Line>
        <Line
          name={t`Break-even price`}
          about={t`Where a close gives back what opening and closing cost, without fundings.`}
        >
          {price(preview?.breakEven)}
        </Line>
        <Line name={t`Maximum loss`} about={aboutMaxLoss(info)}>
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
  const after = hasCosts(info) ? t`After the fees of opening and closing.` : t`Without any fees.`
  return (
    <>
      {takeProfit && (
        <Line name={t`At take-profit`} about={t`${after} Of all levels that are set.`}>
          <Result exit={takeProfit} />
        </Line>
      )}
      {stopLoss && (
        <Line name={t`At stop-loss`} about={t`${after} A price gap can make it worse.`}>
          <Result exit={stopLoss} />
        </Line>
      )}
      {riskReward !== null && (
        <Line
          name={t`Risk / reward`}
          about={t`The result at the take-profit by the loss at the stop-loss.`}
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
    return t`Where the order is expected to fill. A stop fills at the quote that reaches its trigger, which a price gap can make worse.`
  }
  return t`A long opens at the ask, a short at the bid.`
}

function aboutFee({ makerFeePpm, takerFeePpm }: AssetInfo): string {
  const [taker, maker] = [format.ppm(takerFeePpm), format.ppm(makerFeePpm)]
  return t`A taker pays ${taker} of the notional, rounded up, from the free margin; a limit order that rests pays ${maker}. Closing costs the same share of its own value.`
}

function Funding({ amount, at }: { amount: bigint | null; at: number | null }) {
  const now = useClock()
  if (amount === null) return format.UNKNOWN
  const sum = amount < 0n ? format.usd(-amount, 'ceiling') : format.usd(amount)
  if (at === null || at <= now) return amount < 0n ? t`Pays ${sum} USD` : t`Receives ${sum} USD`
  const time = format.duration(at - now)
  return amount < 0n ? t`Pays ${sum} USD in ${time}` : t`Receives ${sum} USD in ${time}`
}

function aboutFunding({ funding }: AssetInfo, mark: Mark | null): string {
  const hours = funding?.intervalHours ?? 0
  const about = t`Every ${hours} hours, longs pay the rate × the value at the mark price and shorts receive it, or the other way round where the rate is below zero.`
  if (mark?.fundingRate == null) return about
  const rate = format.rate(mark.fundingRate)
  return t`At the present rate of ${rate}. ${about}`
}

function aboutMaxLoss({ takerFeePpm, funding }: AssetInfo): string {
  const loss =
    takerFeePpm > 0
      ? t`The loss at the stop-loss, or at the liquidation price without one, with all fees. A price gap can cost more, up to the margin and the fee to open.`
      : t`The loss at the stop-loss, or at the liquidation price without one. A price gap can cost more, up to the margin.`
  if (!funding) return loss
  return t`${loss} Fundings are not in it: they are taken from the balance besides, at each interval.`
}

function aboutLiquidation({ liquidationModel, liquidationLossBps }: AssetInfo): string {
  const share = format.bps(liquidationLossBps)
  return liquidationModel === 'MAINTENANCE'
    ? t`At this mark price, margin and P&L are no more than the maintenance margin and the engine closes the position. It depends on the size.`
    : t`At this price, ${share} of the margin is lost and the engine closes the position.`
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
