import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { ErrorBoundary } from 'react-error-boundary'
import { type AroundNavHandler, Redirect, Route, Router, Switch } from 'wouter'
import { withTexts } from '@/locale'
import { startMarkets } from '@/market-query'
import { usePathname } from '@/navigation'
import { BrokenPage } from '@/pages/broken-page'
import { MarketGate } from '@/pages/market-gate'
import { Opened, type Opening } from '@/pages/opened'
import { PageFrame } from '@/pages/page-frame'
import { PaletteHost } from '@/pages/palette-host'
import { loadView } from '@/pages/trade-views'
import { paths } from '@/paths'
import { openSession, openTrading, requireNobody, requireSession } from '@/session'
import { Loading } from '@/ui/states'

type PageSpec = {
  path: string
  opening: Opening
  /** Whether the page shows markets. */
  hasMarkets?: boolean
  /** Loads the page's chunk, and what else it needs. */
  load: () => Promise<ComponentType>
}

type Page = PageSpec & { Content: ComponentType }

/** Makes a page whose code is loaded once; again if that failed. */
function page(spec: PageSpec): Page {
  let loading: Promise<ComponentType> | undefined
  const load = () => {
    if (loading) return loading
    if (spec.hasMarkets) startMarkets()
    loading = spec.load()
    loading.catch(() => (loading = undefined))
    return loading
  }
  return { ...spec, load, Content: lazy(async () => ({ default: await load() })) }
}

/** The trading page, which has the whole window. */
const TRADE = page({
  path: paths.trade,
  opening: openTrading,
  hasMarkets: true,
  load: async () => {
    // In parallel with the page's chunk: the chart's, which is the largest, and the layout's.
    void import('@/features/chart/chart-canvas').catch(() => undefined)
    void loadView().catch(() => undefined)
    return (await import('@/pages/trade-page')).TradePage
  },
})

/** The pages that scroll in a frame. */
const FRAMED = [
  page({
    path: paths.landing,
    opening: openSession,
    hasMarkets: true,
    load: async () => (await import('@/pages/landing-page')).LandingPage,
  }),
  page({
    path: paths.signIn,
    opening: requireNobody,
    load: async () => (await import('@/pages/sign-in-page')).SignInPage,
  }),
  page({
    path: paths.register,
    opening: requireNobody,
    load: async () => (await import('@/pages/register-page')).RegisterPage,
  }),
  page({
    path: paths.markets,
    opening: openSession,
    hasMarkets: true,
    load: async () => (await import('@/pages/markets-page')).MarketsPage,
  }),
  page({
    path: paths.portfolio,
    opening: requireSession,
    hasMarkets: true,
    load: async () => (await withTexts(import('@/pages/portfolio-page'), 'account')).PortfolioPage,
  }),
  page({
    path: paths.leaderboard,
    opening: openSession,
    load: async () =>
      (await withTexts(import('@/pages/leaderboard-page'), 'account')).LeaderboardPage,
  }),
  page({
    path: paths.account,
    opening: requireSession,
    load: async () => (await withTexts(import('@/pages/account-page'), 'account')).AccountPage,
  }),
  page({
    path: paths.help,
    opening: openSession,
    hasMarkets: true,
    load: async () => (await withTexts(import('@/pages/help-page'), 'help')).HelpPage,
  }),
]

const MISSING = page({
  path: '*',
  opening: openSession,
  load: async () => (await import('@/pages/missing-page')).MissingPage,
})

const PAGES = [TRADE, ...FRAMED]

function pageOf(pathname: string): Page {
  return PAGES.find(({ path }) => path === pathname) ?? MISSING
}

/** Loads the code of the page at the current address, before anything is shown. */
export function loadFirst(): void {
  pageOf(location.pathname)
    .load()
    .catch(() => undefined)
}

/** Shows the page before until the code of the next one is there. */
const afterLoading: AroundNavHandler = (navigate, to, options) => {
  const go = () => navigate(to, options)
  const { pathname } = new URL(to, location.href)
  // The next page says what failed.
  if (pathname === location.pathname) go()
  else pageOf(pathname).load().then(go, go)
}

/** Every page of the site, each with a chunk of its own, loaded when it is opened. */
export function Site() {
  return (
    <Router aroundNav={afterLoading}>
      <Pages />
    </Router>
  )
}

function Pages() {
  const pathname = usePathname()
  return (
    <ErrorBoundary FallbackComponent={BrokenPage} resetKeys={[pathname]}>
      <PaletteHost>
        <Switch>
          <Route path={TRADE.path}>
            <View page={TRADE} />
          </Route>
          {/* The former address of the help page. */}
          <Route path="/docs">
            <Redirect to={paths.help + location.hash} replace />
          </Route>
          <Route>
            <PageFrame>
              <View page={pageOf(pathname)} />
            </PageFrame>
          </Route>
        </Switch>
      </PaletteHost>
    </ErrorBoundary>
  )
}

function View({ page: { opening, hasMarkets, Content } }: { page: Page }) {
  const content: ReactNode = (
    <Suspense fallback={<Loading />}>
      <Content />
    </Suspense>
  )
  return (
    <Opened opening={opening}>{hasMarkets ? <MarketGate>{content}</MarketGate> : content}</Opened>
  )
}
