import { t } from '@lingui/core/macro'
import { useSearchParams } from 'wouter'
import { type BoardPeriod, Leaderboard, type RankedBy } from '@/features/leaderboard/leaderboard'
import { SiteHeader } from '@/pages/site-header'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { LinkButton } from '@/ui/link-button'
import { useTitle } from '@/ui/use-title'

/** The leaderboard, which everybody may see. Period and order are part of its address. */
export function LeaderboardPage() {
  useTitle(t`Leaderboard`)
  const me = useMe()
  const [search, setSearch] = useSearchParams()
  const period = BOARD_PERIODS.find((each) => each === search.get('period')) ?? 'all'
  const by: RankedBy = search.get('by') === 'drawdown' ? 'drawdown' : 'return'
  return (
    <div className="min-h-full">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex max-w-7xl flex-col gap-4 px-4 py-6 sm:px-6 sm:py-8"
      >
        <h1 className="text-2xl font-semibold tracking-tight">{t`Leaderboard`}</h1>
        <Leaderboard
          period={period}
          by={by}
          onChange={(query) => setSearch(query, { replace: true })}
        />
        <section
          aria-labelledby="take-part"
          className="flex flex-wrap items-center justify-between gap-4 rounded-xl border border-line bg-panel p-4 sm:p-5"
        >
          <div className="max-w-3xl">
            <h2 id="take-part" className="text-base font-semibold">
              {t`How to take part`}
            </h2>
            <p className="mt-1 text-soft">
              {t`Switch on the leaderboard for one of your accounts and trade. The account is listed under its name, with a short code that only it has; nobody sees who you are. Returns are time-weighted, so a deposit earns no rank, and a reset is shown and doesn’t wash away a loss.`}
            </p>
          </div>
          {me ? (
            <LinkButton to={`${paths.account}#accounts`}>{t`Choose an account`}</LinkButton>
          ) : (
            <LinkButton to={paths.registerThen(paths.leaderboard)} look="primary">
              {t`Register`}
            </LinkButton>
          )}
        </section>
      </main>
    </div>
  )
}

const BOARD_PERIODS: readonly BoardPeriod[] = ['day', 'week', 'all']
