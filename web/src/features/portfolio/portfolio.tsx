import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { sentence } from '@/api/errors'
import type { AccountPerformance } from '@/api/schema'
import { BreakdownSection } from '@/features/portfolio/breakdown-section'
import { CalendarSection } from '@/features/portfolio/calendar-section'
import { CostsSection } from '@/features/portfolio/costs-section'
import { EquitySection } from '@/features/portfolio/equity-section'
import { ExtremesSection } from '@/features/portfolio/extremes-section'
import { KeyFigures } from '@/features/portfolio/key-figures'
import type { Period } from '@/features/portfolio/period'
import { usePerformance } from '@/features/portfolio/queries'
import { paths } from '@/paths'
import { Moment, ZoneName } from '@/time-zone'
import { LinkButton } from '@/ui/link-button'
import { Failed, Loading } from '@/ui/states'

/** How well the shown account has traded in a period. */
export function Portfolio({ period }: { period: Period }) {
  const { data: found, error, isPending, isPlaceholderData, refetch } = usePerformance(period)
  if (isPending) return <Loading label={t`Loading the performance`} />
  if (!found) return <Failed message={sentence(error)} onRetry={() => void refetch()} />
  if (isUntouched(found)) return <Untouched isAll={'preset' in period && period.preset === 'all'} />
  return (
    <div className="flex flex-col gap-4" aria-busy={isPlaceholderData} data-testid="portfolio">
      <KeyFigures found={found} />
      <ValuedAt at={found.valuedAt} />
      <EquitySection found={found} />
      <CalendarSection found={found} />
      <BreakdownSection found={found} />
      <div className="grid gap-4 lg:grid-cols-2">
        <CostsSection found={found} />
        <ExtremesSection found={found} />
      </div>
    </div>
  )
}

/** The time that the key figures are of, as those of the header follow every price. */
function ValuedAt({ at }: { at: number | null }) {
  return (
    <p className="-mt-2 px-1 text-2xs text-faint">
      {at === null ? (
        t`Valued as last recorded before the end of the period, once a minute.`
      ) : (
        <Trans>
          Valued at the prices of <Moment at={at} /> (<ZoneName />)
        </Trans>
      )}
    </p>
  )
}

/** Reports whether nothing was traded, and nothing open has gained or lost. */
function isUntouched({ performance, positions, resets }: AccountPerformance): boolean {
  const isStill = performance.pnlInt === '0' && performance.fills === 0
  return isStill && positions.closedPositions === 0 && resets.length === 0
}

function Untouched({ isAll }: { isAll: boolean }) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-xl border border-line bg-panel px-6 py-16 text-center">
      <p className="text-base font-semibold">
        {isAll ? t`Nothing has been traded yet` : t`Nothing was traded in this period`}
      </p>
      <p className="max-w-md text-soft">
        {isAll
          ? t`Open a position, and this page shows how your account does: its equity, the P&L of each day, and what fees and funding cost.`
          : t`Choose another period, or open a position.`}
      </p>
      <LinkButton to={paths.trade} look="primary">
        {t({ message: 'Trade', context: 'verb' })}
      </LinkButton>
    </div>
  )
}
