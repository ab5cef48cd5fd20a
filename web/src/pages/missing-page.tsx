import { t } from '@lingui/core/macro'
import { SiteHeader } from '@/pages/site-header'
import { paths } from '@/paths'
import { LinkButton } from '@/ui/link-button'
import { useTitle } from '@/ui/use-title'

export function MissingPage() {
  useTitle(t`Not found`)
  return (
    <div className="flex min-h-full flex-col">
      <SiteHeader />
      <main
        id="content"
        className="flex flex-1 flex-col items-center justify-center gap-3 p-6 pb-24 text-center"
      >
        <p className="text-6xl font-semibold tracking-tight text-faint">404</p>
        <h1 className="text-xl font-semibold">{t`Page not found`}</h1>
        <p className="mb-3 text-soft">{t`The link may be outdated or mistyped.`}</p>
        <LinkButton to={paths.landing} look="primary">
          {t`Go to the start page`}
        </LinkButton>
      </main>
    </div>
  )
}
