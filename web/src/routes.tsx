import { createBrowserRouter, redirect, type RouteObject } from 'react-router'
import { loadTexts } from '@/locale'
import { startMarkets } from '@/market-query'
import { BrokenPage } from '@/pages/broken-page'
import { MarketGate } from '@/pages/market-gate'
import { PageFrame } from '@/pages/page-frame'
import { PaletteHost } from '@/pages/palette-host'
import { loadView } from '@/pages/trade-views'
import { paths } from '@/paths'
import { openSession, openTrading, requireNobody, requireSession } from '@/session'
import { Loading } from '@/ui/states'

/** The frame of pages that show markets. */
const withMarkets = (children: RouteObject[]): RouteObject => ({
  element: <MarketGate />,
  loader: startMarkets,
  children,
})

/** The routes of the site. Each page is a separate chunk, loaded when it is opened. */
const routes: RouteObject[] = [
  {
    element: <PaletteHost />,
    errorElement: <BrokenPage />,
    hydrateFallbackElement: <Loading />,
    children: [
      withMarkets([
        {
          path: paths.trade,
          loader: openTrading,
          lazy: async () => {
            // In parallel with the page's chunk: the chart's, which is the largest, and the layout's.
            void import('@/features/chart/chart-canvas').catch(() => undefined)
            void loadView().catch(() => undefined)
            return { Component: (await import('@/pages/trade-page')).TradePage }
          },
        },
      ]),
      {
        element: <PageFrame />,
        children: [
          {
            path: paths.account,
            loader: requireSession,
            lazy: async () => ({ Component: (await import('@/pages/account-page')).AccountPage }),
          },
          {
            path: paths.signIn,
            loader: requireNobody,
            lazy: async () => ({ Component: (await import('@/pages/sign-in-page')).SignInPage }),
          },
          {
            path: paths.register,
            loader: requireNobody,
            lazy: async () => ({ Component: (await import('@/pages/register-page')).RegisterPage }),
          },
          {
            path: paths.leaderboard,
            loader: openSession,
            lazy: async () => ({
              Component: (await import('@/pages/leaderboard-page')).LeaderboardPage,
            }),
          },
          withMarkets([
            {
              path: paths.portfolio,
              loader: requireSession,
              lazy: async () => ({
                Component: (await import('@/pages/portfolio-page')).PortfolioPage,
              }),
            },
            {
              path: paths.landing,
              loader: openSession,
              lazy: async () => ({ Component: (await import('@/pages/landing-page')).LandingPage }),
            },
            {
              path: paths.markets,
              loader: openSession,
              lazy: async () => ({ Component: (await import('@/pages/markets-page')).MarketsPage }),
            },
            {
              path: paths.help,
              loader: openSession,
              lazy: async () => {
                const [page] = await Promise.all([import('@/pages/help-page'), loadTexts('help')])
                return { Component: page.HelpPage }
              },
            },
          ]),
          // The former address of the help page.
          { path: '/docs', loader: () => redirect(paths.help + location.hash) },
          {
            path: '*',
            loader: openSession,
            lazy: async () => ({ Component: (await import('@/pages/missing-page')).MissingPage }),
          },
        ],
      },
    ],
  },
]

export const router = createBrowserRouter(routes)
