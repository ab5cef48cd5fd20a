import { plural, t } from '@lingui/core/macro'
import type { AccountPerformance } from '@/api/schema'
import { Section, Signed } from '@/features/portfolio/section'
import * as format from '@/format'

/** From the P&L of fills to what is left of it after all costs. */
export function CostsSection({ found: { performance } }: { found: AccountPerformance }) {
  const { fills } = performance
  const volume = format.usd(BigInt(performance.volumeInt))
  const lines = [
    [t`Realized P&L`, performance.realizedPnLInt],
    [t`Trading fees`, performance.commissionInt],
    [t`Funding paid`, performance.fundingPaidInt],
    [t`Funding received`, performance.fundingReceivedInt],
    [t`Liquidation fees`, performance.liquidationFeesInt],
  ] as const
  return (
    <Section
      title={t`Costs`}
      about={t`What fills brought, and what fees and fundings left of it, in USD.`}
    >
      <dl className="flex flex-col divide-y divide-line">
        {lines.map(([name, scaled]) => (
          <Line key={name} name={name} value={BigInt(scaled)} />
        ))}
        <Line name={t`Net realized P&L`} value={BigInt(performance.netPnLInt)} isTotal />
      </dl>
      <p className="mt-3 text-xs text-faint">
        {plural(fills, {
          one: `# fill with a volume of ${volume} USD.`,
          other: `# fills with a volume of ${volume} USD.`,
        })}
      </p>
    </Section>
  )
}

function Line({
  name,
  value,
  isTotal = false,
}: {
  name: string
  value: bigint
  isTotal?: boolean
}) {
  return (
    <div
      className={isTotal ? 'flex justify-between py-2 font-semibold' : 'flex justify-between py-2'}
    >
      <dt className={isTotal ? '' : 'text-soft'}>{name}</dt>
      <dd>
        <Signed value={value} text={format.signedUsd(value)} />
      </dd>
    </div>
  )
}
