import { type WorkedExample, workedExample } from '@/features/help/example'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { cx } from '@/ui/class-names'

/** All digits, as in the engine, so that a reader who checks by hand gets the same cents. */
const money = format.exactUsd

/** An example long in a market, from the order to its possible outcomes. */
export function Worked({ market }: { market: AssetInfo }) {
  const example = workedExample(market)
  const { atGap } = example
  return (
    <>
      <p>
        The account holds ${money(example.balance)}. Suppose {market.name} trades at $
        {money(example.price)}, with a spread of {format.bps(market.spreadBps)}: the bid is $
        {money(example.quote.bid)}, the ask ${money(example.quote.ask)}. You open a long of{' '}
        {format.qty(market.asset, example.qty)} {market.base} with {example.leverage}x leverage.
      </p>
      <Opening example={example} lossBps={market.liquidationLossBps} />
      <p>It can end in several ways. A long closes at the bid:</p>
      <Endings example={example} />
      {atGap && (
        <p>
          The gap moved the price past the margin before anyone could trade: on paper, the position
          lost ${money(-atGap.uncapped)}. You lose your margin, and the house bears the remaining $
          {money(atGap.shortfall)}.
        </p>
      )}
    </>
  )
}

function Opening({ example, lossBps }: { example: WorkedExample; lossBps: number }) {
  const liquidation = `entry − entry × ${format.bps(lossBps)} / leverage`
  const rows = [
    ['Entry', `$${money(example.entry)}`, 'the ask'],
    ['Notional', `$${money(example.notional)}`, 'size × entry'],
    ['Margin', `$${money(example.margin)}`, 'notional / leverage'],
    ['Free margin left', `$${money(example.free)}`, 'balance − margin'],
    ['Liquidation price', `$${money(example.liquidation)}`, liquidation],
  ]
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-panel">
      <table aria-label="The position" className="w-full text-sm tabular-nums">
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
    ['Closed immediately', example.atOnce],
    ['Take-profit', example.atTakeProfit],
    ['Stop-loss', example.atStopLoss],
    ['Liquidation', example.atLiquidation],
    ...(example.atGap ? [['Liquidation after a gap', example.atGap] as const] : []),
  ] as const
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-panel">
      <table aria-label="Outcomes" className="w-full text-sm whitespace-nowrap tabular-nums">
        <thead className="text-faint">
          <tr>
            <th scope="col" className="px-2 py-2 sm:px-4 text-left font-normal">
              Closed by
            </th>
            <Heading>Bid</Heading>
            <Heading>P&L</Heading>
            <Heading>ROE</Heading>
            <Heading className="max-sm:hidden">Balance after</Heading>
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
