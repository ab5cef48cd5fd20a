import { t } from '@lingui/core/macro'
import type { Asset } from '@/markets'
import { markProblemWords, useMarkProblem } from '@/trading/marks'
import { Badge } from '@/ui/badge'
import { Tooltip } from '@/ui/tooltip'

/** A badge shown while the mark price closes nothing, with the reason. */
export function MarkBadge({ asset }: { asset: Asset }) {
  const problem = useMarkProblem(asset)
  if (!problem) return null
  return (
    <Tooltip content={markProblemWords(asset, problem)}>
      <button type="button" data-testid="mark-untrusted" className="cursor-help">
        <Badge tone="warn">{t`Mark untrusted`}</Badge>
      </button>
    </Tooltip>
  )
}

/** The same as a sentence, for narrow pages, where nothing hovers. */
export function MarkNotice({ asset }: { asset: Asset }) {
  const problem = useMarkProblem(asset)
  if (!problem) return null
  return (
    <p role="status" data-testid="mark-notice" className="text-xs text-warn">
      {markProblemWords(asset, problem)}
    </p>
  )
}
