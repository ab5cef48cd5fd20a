import { lazy, type ReactNode, Suspense } from 'react'
import type { Asset } from '@/markets'

const Steps = lazy(async () => ({
  default: (await import('@/features/steps/first-steps')).FirstSteps,
}))

/** The first steps, loaded after the page, and what stands in their place once they are over. */
export function FirstSteps(props: { asset: Asset; after?: ReactNode }) {
  return (
    <Suspense>
      <Steps {...props} />
    </Suspense>
  )
}
