import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import type { AccountPerformance, Traded } from '@/api/schema'
import { orUnknown, ratio } from '@/features/portfolio/key-figures'
import { Section, Signed } from '@/features/portfolio/section'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { Badge } from '@/ui/badge'
import { cx } from '@/ui/class-names'

/** What was traded, by market and by the side of the positions. */
export function BreakdownSection({ found }: { found: AccountPerformance }) {
  const markets = found.markets.map((traded) => ({
    key: traded.asset,
    name: <span className="font-medium">{assetInfo(traded.asset).base}</span>,
    traded,
  }))
  const sides = found.sides.map((traded) => ({
    key: traded.side,
    name: (
      <Badge tone={traded.side === 'LONG' ? 'up' : 'down'}>
        {traded.side === 'LONG' ? t`Long` : t`Short`}
      </Badge>
    ),
    traded,
  }))
  return (
    <Section
      title={t`By market and by side`}
      about={t`What fills and fundings of the period brought and cost, in USD; what open positions gained since is not in it.`}
    >
      <div className="flex flex-col gap-5">
        <Breakdown
          label={t`By market`}
          heading={t({ message: 'Market', context: 'instrument' })}
          rows={markets}
        />
        <Breakdown label={t`By side`} heading={t`Side`} rows={sides} />
      </div>
    </Section>
  )
}

type Row = { key: string; name: ReactNode; traded: Traded }

function Breakdown({ label, heading, rows }: { label: string; heading: string; rows: Row[] }) {
  if (rows.length === 0) {
    return <p className="text-soft">{t`Nothing was traded in this period.`}</p>
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by keyboard
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full min-w-[60rem] table-fixed text-xs">
        <thead>
          <tr className="text-faint">
            <th scope="col" className="h-8 w-20 px-2 text-left font-normal">
              {heading}
            </th>
            <Heading className="w-28">{t`Net P&L`}</Heading>
            <Heading className="w-28">{t`Before costs`}</Heading>
            <Heading className="w-24">{t`Fees`}</Heading>
            <Heading className="w-24">{t`Funding`}</Heading>
            <Heading className="w-24">{t`Liquidation fees`}</Heading>
            <Heading className="w-28">{t`Volume`}</Heading>
            <Heading className="w-16">{t({ message: 'Fills', context: 'count' })}</Heading>
            <Heading className="w-24">{t`Won / closed`}</Heading>
            <Heading className="w-20">{t`Win rate`}</Heading>
            <Heading className="w-24">{t`Profit factor`}</Heading>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, traded }) => (
            <tr key={key} className="border-t border-line">
              <th scope="row" className="h-10 px-2 text-left font-normal">
                {name}
              </th>
              <Money scaled={traded.netPnLInt} />
              <Money scaled={traded.realizedPnLInt} />
              <Money scaled={traded.commissionInt} isCost />
              <Money scaled={traded.fundingInt} />
              <Money scaled={traded.liquidationFeesInt} isCost />
              <Cell>{format.usd(BigInt(traded.volumeInt))}</Cell>
              <Cell>{traded.fills}</Cell>
              <Cell>
                {traded.wonPositions} / {traded.closedPositions}
              </Cell>
              <Cell>{orUnknown(traded.winRateInt, (rate) => format.percent(rate))}</Cell>
              <Cell>{orUnknown(traded.profitFactorInt, ratio)}</Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Heading({ className, children }: { className: string; children: ReactNode }) {
  return (
    <th scope="col" className={cx('h-8 px-2 text-right font-normal', className)}>
      {children}
    </th>
  )
}

function Cell({ children }: { children: ReactNode }) {
  return <td className="px-2 text-right whitespace-nowrap">{children}</td>
}

/** An amount; costs, which are never above zero, have no colour. */
function Money({ scaled, isCost = false }: { scaled: string; isCost?: boolean }) {
  const value = BigInt(scaled)
  const text = value === 0n ? format.usd(value) : format.signedUsd(value)
  return <Cell>{isCost ? text : <Signed value={value} text={text} />}</Cell>
}
