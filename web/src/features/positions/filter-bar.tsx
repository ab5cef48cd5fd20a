import { t } from '@lingui/core/macro'
import { lazy, type ReactNode, Suspense } from 'react'
import type { ListName } from '@/features/positions/list-filter'
import { useFiltersShown } from '@/features/positions/list-state'

// Of the lists that are seen first they are hidden; loaded separately.
const Filters = lazy(async () => ({
  default: (await import('@/features/positions/filters')).Filters,
}))

/** The filters, if they are shown, and the acts on the whole list at the right end. */
export function FilterBar({ list, children }: { list: ListName; children?: ReactNode }) {
  const [isShown] = useFiltersShown(list)
  if (!isShown && !children) return null
  return (
    <div className="flex shrink-0 items-center gap-2 px-3 py-1.5 text-xs">
      <div
        role="group"
        aria-label={t`Filters`}
        className="flex min-w-0 flex-1 items-center gap-1.5 overflow-x-auto py-0.5"
      >
        {isShown && (
          <Suspense>
            <Filters list={list} />
          </Suspense>
        )}
      </div>
      {children}
    </div>
  )
}
