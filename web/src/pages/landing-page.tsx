import { t } from '@lingui/core/macro'
import { useState } from 'react'
import { ConnectionBadge } from '@/features/account/connection-badge'
import { ChartPanel } from '@/features/chart/chart-panel'
import { MarketList } from '@/features/markets/market-list'
import { SiteHeader } from '@/pages/site-header'
import { connection } from '@/live/connection'
import type { PriceSource } from '@/live/price-source'
import { locale } from '@/locale'
import { type Asset, type AssetInfo, listedOrFirst, markets } from '@/markets'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { LinkButton } from '@/ui/link-button'

/** The start page: a description of Velox and the current market, without sign-in. */
export function LandingPage() {
  const list = useStore(markets)
  const [chosen, setAsset] = useState<Asset | null>(null)
  const asset = listedOrFirst(chosen)
  return (
    <div className="flex min-h-full flex-col">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex w-full max-w-7xl flex-1 flex-col gap-8 px-4 py-8 sm:px-6 sm:py-12"
      >
        <Pitch list={list} tradePath={chosen === null ? paths.trade : paths.tradeOf(chosen)} />
        <section
          aria-label={t({ message: 'Market', context: 'instrument' })}
          className="overflow-hidden rounded-xl border border-line"
        >
          <MarketList asset={asset} onAsset={setAsset} />
          <div className="flex h-[26rem] flex-col border-t border-line lg:h-[30rem]">
            <ChartPanel asset={asset} />
          </div>
        </section>
        <Points />
      </main>
    </div>
  )
}

function titleOf(source: PriceSource): string {
  switch (source) {
    case 'market':
      return t`Perpetual contracts, at live prices, with virtual money`
    case 'simulation':
      return t`Perpetual contracts, at simulated prices, with virtual money`
    case 'recording':
      return t`Perpetual contracts, at recorded prices, with virtual money`
    default:
      return t`Perpetual contracts with virtual money`
  }
}

type PitchProps = { list: readonly AssetInfo[]; tradePath: string }

function Pitch({ list, tradePath }: PitchProps) {
  const me = useMe()
  const { source } = useStore(connection)
  const named = enumerated(list)
  const highest = Math.max(...list.map(({ maxLeverage }) => maxLeverage))
  return (
    <section className="flex flex-col gap-6 lg:flex-row lg:items-end lg:justify-between">
      <div className="max-w-2xl normal-nums">
        <h1 className="text-3xl font-semibold tracking-tight text-balance sm:text-5xl">
          {titleOf(source)}
        </h1>
        <p className="mt-4 text-base text-soft">
          {t`Go long or short on ${named} with up to ${highest}x leverage. Orders fill immediately, stop-loss and take-profit are checked on every price, and the price never costs a position more than its margin.`}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <ConnectionBadge />
        <LinkButton to={paths.markets} look="ghost" size="lg" className="max-sm:hidden">
          {t`All markets`}
        </LinkButton>
        {me ? (
          <LinkButton to={tradePath} look="primary" size="lg">
            {t`Trade`}
          </LinkButton>
        ) : (
          <>
            <LinkButton to={tradePath} look="primary" size="lg">
              {t`Try now`}
            </LinkButton>
            <LinkButton to={paths.register} size="lg">
              {t`Register`}
            </LinkButton>
          </>
        )}
      </div>
    </section>
  )
}

/** The number of markets that are named. */
const NAMED = 3
const CONJUNCTION = new Intl.ListFormat(locale === 'en' ? 'en-GB' : locale)

/** Names the first markets: `Bitcoin, Ether, Solana and 9 more`. */
function enumerated(list: readonly AssetInfo[]): string {
  const names = list.slice(0, NAMED).map(({ name }) => name)
  const rest = list.length - names.length
  return CONJUNCTION.format(
    rest > 0 ? [...names, t({ message: `${rest} more`, context: 'markets' })] : names,
  )
}

function points(): [title: string, text: string][] {
  return [
    [
      t`Every figure before you commit`,
      t`See margin, liquidation price, spread cost and maximum loss next to your order as you type.`,
    ],
    [
      t`No hidden rounding`,
      t`Amounts are exact to eight decimals. All formulas are on one page, with an example you can check by hand.`,
    ],
    [
      t`Yours to run`,
      t`Velox is free software that you run on your own server. Prices, positions and accounts stay with you.`,
    ],
  ]
}

function Points() {
  return (
    <section aria-label={t`What to expect`} className="grid gap-6 normal-nums sm:grid-cols-3">
      {points().map(([title, text]) => (
        <div key={title}>
          <h2 className="text-base font-semibold">{title}</h2>
          <p className="mt-1 text-soft">{text}</p>
        </div>
      ))}
    </section>
  )
}
