import type { FallbackProps } from 'react-error-boundary'
import { t } from '@lingui/core/macro'
import { sentence } from '@/api/errors'
import { Button } from '@/ui/button'

/** The page shown when another page fails to load or throws. */
export function BrokenPage({ error }: Pick<FallbackProps, 'error'>) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold">{t`This page can’t be displayed`}</h1>
      <p className="max-w-md text-soft">{sentence(error)}</p>
      <Button look="primary" onClick={() => location.reload()}>
        {t`Reload`}
      </Button>
    </main>
  )
}
