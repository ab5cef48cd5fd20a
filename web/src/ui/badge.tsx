import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

type Tone = 'up' | 'down' | 'warn' | 'plain'

const TONES: Record<Tone, string> = {
  up: 'bg-up-tint text-up',
  down: 'bg-down-tint text-down',
  warn: 'bg-warn-tint text-warn',
  plain: 'bg-hover text-soft',
}

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      {children}
    </span>
  )
}
