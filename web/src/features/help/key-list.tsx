import { t } from '@lingui/core/macro'
import { shortcuts } from '@/features/help/keys'
import { markets } from '@/markets'
import { useStore } from '@/store'

/** The keyboard shortcuts and their actions. */
export function KeyList() {
  const list = useStore(markets)
  return (
    <dl
      aria-label={t`Keys`}
      className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 text-sm"
    >
      {shortcuts(list).map(([key, what]) => (
        <div key={`${key}: ${what}`} className="contents">
          <dt className="flex">
            <kbd className="inline-flex h-6 min-w-6 items-center justify-center rounded border border-edge bg-raised px-1.5 font-sans text-xs text-ink">
              {key}
            </kbd>
          </dt>
          <dd className="text-soft">{what}</dd>
        </div>
      ))}
    </dl>
  )
}
