import { t } from '@lingui/core/macro'
import type { CloseReason } from '@/api/schema'

type Tone = 'up' | 'down' | 'warn' | 'plain'

type Reason = { label: string; tone: Tone; sentence: string }

/**
 * The labels of the reasons for a close, in the page's language: they are known once its texts are
 * loaded.
 */
export const CLOSE_REASONS: Readonly<Record<CloseReason, Reason>> = {
  get MANUAL() {
    const label = t({ message: 'Manual', context: 'reason of a close' })
    return {
      label,
      tone: 'plain',
      sentence: t({ message: 'Closed', context: 'position' }),
    } as const
  },
  get MARGIN_CALL() {
    return { label: t`Liquidated`, tone: 'down', sentence: t`Liquidated` } as const
  },
  get STOP_LOSS() {
    return { label: t`Stop-loss`, tone: 'warn', sentence: t`Stop-loss hit` } as const
  },
  get TAKE_PROFIT() {
    return { label: t`Take-profit`, tone: 'up', sentence: t`Take-profit hit` } as const
  },
}
