import { t } from '@lingui/core/macro'
import { RefreshCw } from 'lucide-react'
import { Button } from '@/ui/button'

/** Says that a newer version of the page is there. */
export function UpdateNotice() {
  return (
    <div
      role="status"
      className="fixed inset-x-0 bottom-0 z-50 mx-auto mb-[max(0.75rem,env(safe-area-inset-bottom))] flex w-fit max-w-[calc(100vw-1.5rem)] animate-appear items-center gap-3 rounded-lg border border-edge bg-raised py-2 pr-2 pl-3 shadow-2xl"
    >
      <RefreshCw size={16} className="text-accent" aria-hidden />
      {t`A new version is ready.`}
      <Button look="primary" size="sm" onClick={() => location.reload()}>
        {t`Reload`}
      </Button>
    </div>
  )
}
