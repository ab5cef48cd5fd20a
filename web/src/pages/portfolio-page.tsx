import { t } from '@lingui/core/macro'
import { useSearchParams } from 'wouter'
import { AccountSwitch } from '@/features/account/account-switch'
import { readPeriod, writePeriod } from '@/features/portfolio/period'
import { PeriodSwitch } from '@/features/portfolio/period-switch'
import { Portfolio } from '@/features/portfolio/portfolio'
import { SiteHeader } from '@/pages/site-header'
import { useMe } from '@/session'
import { useTitle } from '@/ui/use-title'

/** How well the shown account has traded. The period is part of the page's address. */
export function PortfolioPage() {
  useTitle(t`Portfolio`)
  const me = useMe()
  const [search, setSearch] = useSearchParams()
  const period = readPeriod(search)
  // Signed out, and about to leave the page.
  if (!me) return null
  return (
    <div className="min-h-full">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex max-w-7xl flex-col gap-4 px-4 py-6 sm:px-6 sm:py-8"
      >
        <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
          <h1 className="mr-auto text-2xl font-semibold tracking-tight">{t`Portfolio`}</h1>
          {/* Wider pages have it in the header. */}
          <AccountSwitch className="max-w-48 md:hidden" />
          <PeriodSwitch
            period={period}
            onPeriod={(chosen) => setSearch(writePeriod(chosen), { replace: true })}
          />
        </div>
        <Portfolio period={period} />
      </main>
    </div>
  )
}
