import { t } from '@lingui/core/macro'
import type { Draft } from '@/features/ticket/evaluate'
import { levelsOf } from '@/features/ticket/levels'
import type { Preview } from '@/features/ticket/previews'

type ExitWordsProps = { draft: Draft; preview: Preview | null }

/** Says that levels which are typed as amounts are sent as the prices that these give now. */
export function FixedWords({ draft, preview }: ExitWordsProps) {
  const isAmount = (['takeProfit', 'stopLoss'] as const).some(
    (exit) => draft[exit].unit !== 'price' && preview?.[exit],
  )
  if (!isAmount) return null
  return (
    <p className="text-2xs text-faint" data-testid="fixed-words">
      {t`The exits are fixed at these prices when you send. The fill can differ from the entry price; they stay.`}
    </p>
  )
}

/** Says who places several levels, and when. */
export function ExitWords({ draft, preview }: ExitWordsProps) {
  const isSeveral = [draft.takeProfit, draft.stopLoss].some((exit) => levelsOf(exit).length > 1)
  if (!isSeveral || !preview) return null
  const { takeProfit, stopLoss, isImmediate } = preview
  const isAttached = takeProfit?.attached != null || stopLoss?.attached != null
  return (
    <p className="text-2xs text-faint" data-testid="exit-words">
      {isAttached && (
        <>
          {t`The farthest level is sent with the order and closes what is left of the position.`}{' '}
        </>
      )}
      {isImmediate
        ? t`The other levels become reduce-only orders as soon as the position is open.`
        : t`The other levels become reduce-only orders when the order fills; this page places them, so keep it open.`}
    </p>
  )
}
