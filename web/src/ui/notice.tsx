import { CircleAlert, CircleCheck, Info } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

type Tone = 'error' | 'success' | 'info'

const LOOKS: Record<Tone, string> = {
  error: 'border-down/40 bg-down-tint [&>svg]:text-down',
  success: 'border-up/40 bg-up-tint [&>svg]:text-up',
  info: 'border-edge bg-raised [&>svg]:text-accent',
}

const ICONS = { error: CircleAlert, success: CircleCheck, info: Info }

/** A permanent message in a form or above it. */
export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = ICONS[tone]
  return (
    <div
      role={tone === 'error' ? 'alert' : 'status'}
      className={cx('flex items-start gap-2.5 rounded-md border px-3 py-2.5', LOOKS[tone])}
    >
      <Icon size={16} aria-hidden className="mt-0.5 shrink-0" />
      <div className="min-w-0 break-words">{children}</div>
    </div>
  )
}
