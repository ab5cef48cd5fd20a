import { t } from '@lingui/core/macro'
import { type WorkedExample, workedExample } from '@/features/help/example'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { cx } from '@/ui/class-names'

/** All digits, as in the engine, so that a reader who checks by hand gets the same cents. */
const money = format.exactUsd

/** An example long in a market, from the order to its possible outcomes. */
export function Worked({ market }: { market: AssetInfo }) {
  const example = workedExample(market)
  const { atGap, leverage } = example
  const { name, base } = market
  const balance = money(example.balance)
  const price = money(example.price)
  const spread = format.bps(market.spreadBps)
  const bid = money(example.quote.bid)
  const ask = money(example.quote.ask)
  const size = format.qty(market.asset, example.qty)
  return (
    <>
      <p>
        {t`The account holds $${balance}. Suppose ${name} trades at $${price}, with a spread of ${spread}: the bid is $${bid}, the ask $${ask}. You open a long of ${size} ${base} with ${leverage}x leverage.`}
      </p>
      <Opening example={example} lossBps={market.liquidationLossBps} />
      <p>{t`It can end in several ways. A long closes at the bid:`}</p>
      <Endings example={example} />
      {atGap && <p>{gapWords(money(-atGap.uncapped), money(atGap.shortfall))}</p>}
    </>
  )
}

function gapWords(loss: string, shortfall: string): string {
  return t`The gap moved the price past the margin before anyone could trade: on paper, the position lost $${loss}. You lose your margin, and the house bears the remaining $${shortfall}.`
}

function Opening({ example, lossBps }: { example: WorkedExample; lossBps: number }) {
  const share = format.bps(lossBps)
  const rows = [
    [t`Entry`, `$${money(example.entry)}`, t`the ask`],
    [t`Notional`, `$${money(example.notional)}`, t`size × entry`],
    [t`Margin`, `$${money(example.margin)}`, t`notional / leverage`],
    [t`Free margin left`, `$${money(example.free)}`, t`balance − margin`],
    [
      t`Liquidation price`,
      `$${money(example.liquidation)}`,
      t`entry − entry × ${share} / leverage`,
    ],
  ]
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-panel">
      <table aria-label={t`The position`} className="w-full text-sm tabular-nums">
        <tbody>
          {rows.map(([what, value, how]) => (
            <tr key={what} className="border-t border-line first:border-t-0">
              <th scope="row" className="px-4 py-2 text-left font-normal text-soft">
                {what}
              </th>
              <td className="px-4 py-2 text-right text-ink">{value}</td>
              <td className="px-4 py-2 text-faint max-sm:hidden">{how}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Endings({ example }: { example: WorkedExample }) {
  const rows = [
    [t`Closed immediately`, example.atOnce],
    [t`Take-profit`, example.atTakeProfit],
    [t`Stop-loss`, example.atStopLoss],
    [t`Liquidation`, example.atLiquidation],
    ...(example.atGap ? [[t`Liquidation after a gap`, example.atGap] as const] : []),
  ] as const
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-panel">
      <table aria-label={t`Outcomes`} className="w-full text-sm whitespace-nowrap tabular-nums">
        <thead className="text-faint">
          <tr>
            <th scope="col" className="px-2 py-2 sm:px-4 text-left font-normal">
              {t`Closed by`}
            </th>
            <Heading>{t`Bid`}</Heading>
            <Heading>{t`P&L`}</Heading>
            <Heading>{t`ROE`}</Heading>
            <Heading className="max-sm:hidden">{t`Balance after`}</Heading>
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, end]) => (
            <tr key={what} className="border-t border-line">
              <th
                scope="row"
                className="px-2 py-2 sm:px-4 text-left font-normal whitespace-normal text-soft"
              >
                {what}
              </th>
              <td className="px-2 py-2 sm:px-4 text-right text-ink">{money(end.close)}</td>
              <td
                className={cx(
                  'px-2 py-2 sm:px-4 text-right',
                  end.pnl < 0n ? 'text-down' : 'text-up',
                )}
              >
                {end.pnl > 0n ? `+${money(end.pnl)}` : money(end.pnl)}
              </td>
              <td
                className={cx(
                  'px-2 py-2 sm:px-4 text-right',
                  end.pnl < 0n ? 'text-down' : 'text-up',
                )}
              >
                {format.signedPercent(end.roe)}
              </td>
              <td className="px-2 py-2 text-right text-ink max-sm:hidden sm:px-4">
                {money(end.balance)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Heading({ className, children }: { className?: string; children: string }) {
  return (
    <th scope="col" className={cx('px-2 py-2 text-right font-normal sm:px-4', className)}>
      {children}
    </th>
  )
}
