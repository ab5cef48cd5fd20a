import { type WorkedExample, workedExample } from '@/features/help/example'
import * as format from '@/format'
import { cx } from '@/ui/class-names'

/** Every digit, as the engine has it: who checks with a pencil must not wonder about a cent. */
const money = format.exactUsd

/** A long of the help page's trader, from the order to five ways in which it can end. */
export function Worked() {
  const example = workedExample()
  return (
    <>
      <p>
        The account holds ${money(example.balance)}. Bitcoin trades at ${money(example.price)}, with
        a spread of {percentOfBps(example.spreadBps)}: the bid is ${money(example.quote.bid)}, the
        ask ${money(example.quote.ask)}. You open a long of {format.qty('BTCUSDT', example.qty)} BTC
        with {example.leverage}x leverage.
      </p>
      <Opening example={example} />
      <p>Five ways in which it can end. A long closes at the bid:</p>
      <Endings example={example} />
      <p>
        After the gap the price was beyond the margin before anybody could trade: the position lost{' '}
        ${money(-example.atGap.uncapped)} on paper. You lose your margin, and the house bears the
        other ${money(example.atGap.shortfall)}.
      </p>
    </>
  )
}

function Opening({ example }: { example: WorkedExample }) {
  const rows = [
    ['Entry', `$${money(example.entry)}`, 'the ask'],
    ['Notional', `$${money(example.notional)}`, 'size × entry'],
    ['Margin', `$${money(example.margin)}`, 'notional / leverage'],
    ['Free margin left', `$${money(example.free)}`, 'balance − margin'],
    ['Liquidation price', `$${money(example.liquidation)}`, 'entry − entry × 90 % / leverage'],
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
    ['Closed at once', example.atOnce],
    ['Take-profit', example.atTakeProfit],
    ['Stop-loss', example.atStopLoss],
    ['Margin call', example.atLiquidation],
    ['Margin call after a gap', example.atGap],
  ] as const
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-panel">
      <table aria-label="How it can end" className="w-full text-sm whitespace-nowrap tabular-nums">
        <thead className="text-faint">
          <tr>
            <th scope="col" className="px-2 py-2 sm:px-4 text-left font-normal">
              Ends by
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

/** A hundredth of a per cent each. */
function percentOfBps(bps: bigint): string {
  return format.percent(bps * 10_000n, 2).replace('%', ' %')
}
