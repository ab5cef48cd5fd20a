import { t } from '@lingui/core/macro'
import { TriangleAlert } from 'lucide-react'
import type { Warning } from '@/features/ticket/warnings'

type OrderWarningsProps = {
  warnings: readonly Warning[]
  /** Whether changes are not announced. */
  isQuiet?: boolean
}

/** What should be known before the order is sent. It may be sent all the same. */
export function OrderWarnings({ warnings, isQuiet = false }: OrderWarningsProps) {
  return (
    <ul
      aria-label={t`Warnings`}
      aria-live={isQuiet ? 'off' : 'polite'}
      className="flex flex-col gap-1.5 empty:hidden"
    >
      {warnings.map(({ id, text }) => (
        <li key={id} data-testid={`warning-${id}`} className="flex gap-1.5 text-xs text-warn">
          <TriangleAlert size={14} aria-hidden className="mt-px shrink-0" />
          {text}
        </li>
      ))}
    </ul>
  )
}
