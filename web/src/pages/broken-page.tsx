import { useRouteError } from 'react-router'
import { sentence } from '@/api/errors'
import { Button } from '@/ui/button'

/** What is shown when a page can't be: a failed load, or a bug. */
export function BrokenPage() {
  const error = useRouteError()
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold">This page could not be shown</h1>
      <p className="max-w-md text-soft">{sentence(error)}</p>
      <Button look="primary" onClick={() => location.reload()}>
        Reload
      </Button>
    </main>
  )
}
