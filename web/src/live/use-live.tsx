/** Live values in components. */

import { type ReactNode, useEffect, useRef } from 'react'
import { UNKNOWN } from '@/format'
import { watchInView } from '@/live/in-view'
import { subscribeQuotes } from '@/live/prices'
import type { Asset } from '@/markets'

export type LiveContent = { text: string; tone?: Tone | undefined; title?: string }

export type Tone = 'up' | 'down' | 'warn' | 'faint' | 'plain'

const TONES: Record<Tone, string> = {
  up: 'text-up',
  down: 'text-down',
  warn: 'text-warn',
  faint: 'text-faint',
  plain: '',
}

type LiveTextProps = {
  assets: readonly Asset[]
  /** Returns the content; null while a price is missing. Called at most once a frame per asset. */
  content: () => LiveContent | null
  className?: string
  testId?: string
}

/**
 * Text that changes with the prices. It is written directly into the DOM, because React can't
 * render two hundred positions at a thousand prices a second.
 */
export function LiveText({ assets, content, className = '', testId }: LiveTextProps): ReactNode {
  const ref = useRef<HTMLSpanElement>(null)

  // Runs after every render (rare), so that `content` uses the component's latest values.
  useEffect(() => {
    const element = ref.current
    if (!element) return
    let shown: LiveContent | null | undefined
    const write = () => {
      const next = content()
      if (shown !== undefined && shown?.text === next?.text && shown?.tone === next?.tone) return
      shown = next
      element.textContent = next?.text ?? UNKNOWN
      element.className = `${className} ${TONES[next?.tone ?? 'plain']}`
      if (next?.title) element.title = next.title
    }
    write()
    // Only visible rows are written; others are updated when they are scrolled into view.
    let leave: (() => void) | undefined
    const unwatch = watchInView(element, (isInView) => {
      leave?.()
      leave = isInView ? subscribeQuotes(assets, write) : undefined
      if (isInView) write()
    })
    return () => {
      unwatch()
      leave?.()
    }
  })

  return <span ref={ref} className={className} data-testid={testId} />
}
