import { plural, t } from '@lingui/core/macro'
import { useRef } from 'react'
import { MarketBrowser } from '@/features/markets/market-browser'
import { markets } from '@/markets'
import { useNavigate } from '@/navigation'
import { SiteHeader } from '@/pages/site-header'
import { paths } from '@/paths'
import { useStore } from '@/store'
import { useKeys } from '@/ui/use-keys'
import { useTitle } from '@/ui/use-title'

/** All markets with their figures, without sign-in. */
export function MarketsPage() {
  const navigate = useNavigate()
  const search = useRef<HTMLInputElement>(null)
  const count = useStore(markets).length
  useTitle(t`Markets`)
  useKeys({ '/': () => search.current?.focus() })
  return (
    <div className="flex h-full flex-col">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex min-h-96 w-full max-w-7xl flex-1 flex-col px-4 py-4 sm:px-6 sm:py-6"
      >
        <div className="flex items-baseline justify-between gap-3 pb-3">
          <h1 className="text-xl font-semibold tracking-tight">{t`Markets`}</h1>
          <p className="text-xs text-faint">
            {plural(count, { one: '# market', other: '# markets' })}
          </p>
        </div>
        <MarketBrowser
          searchRef={search}
          hrefOf={paths.tradeOf}
          onChoose={(asset) => navigate(paths.tradeOf(asset))}
          className="flex-1 rounded-lg border border-line bg-panel p-2 sm:p-3"
        />
      </main>
    </div>
  )
}
