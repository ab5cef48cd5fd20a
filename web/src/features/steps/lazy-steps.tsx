import { lazy, type ReactNode, Suspense, useLayoutEffect } from 'react'
import { follow, isOver, progress } from '@/features/steps/progress'
import { StepsPlace } from '@/features/steps/steps-place'
import type { Asset } from '@/markets'
import { useMe } from '@/session'
import { useStore } from '@/store'

const Steps = lazy(async () => ({
  default: (await import('@/features/steps/first-steps')).Steps,
}))

/** The first steps, loaded after the page, and what stands in their place once they are over. */
export function FirstSteps({ asset, after }: { asset: Asset; after?: ReactNode }) {
  const userId = useMe()?.userId ?? null
  useLayoutEffect(() => follow(userId), [userId])
  const shown = useStore(progress)
  if (isOver(shown)) return after
  return (
    <Suspense fallback={<StepsPlace />}>
      <Steps asset={asset} userId={userId} done={shown.done} />
    </Suspense>
  )
}
