import { KEYS } from '@/features/help/keys'

/** The keyboard shortcuts and their actions. */
export function KeyList() {
  return (
    <dl
      aria-label="Keys"
      className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 text-sm"
    >
      {KEYS.map(([keys, what]) => (
        <div key={what} className="contents">
          <dt className="flex gap-1">
            {keys.map((key) => (
              <kbd
                key={key}
                className="inline-flex h-6 min-w-6 items-center justify-center rounded border border-edge bg-raised px-1.5 font-sans text-xs text-ink"
              >
                {key}
              </kbd>
            ))}
          </dt>
          <dd className="text-soft">{what}</dd>
        </div>
      ))}
    </dl>
  )
}
