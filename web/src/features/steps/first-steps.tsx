import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import { Check, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { api } from '@/api/client'
import { dismiss, finish, type Step, STEPS } from '@/features/steps/progress'
import { StepsPlace } from '@/features/steps/steps-place'
import type { Asset } from '@/markets'
import { useAccount } from '@/trading/queries'
import { subscribeNews } from '@/trading/sync'
import { cx } from '@/ui/class-names'

const LABELS: Record<Step, MessageDescriptor> = {
  market: msg`Choose a market`,
  order: msg`Place an order`,
  close: msg`Watch it and close it`,
}

type StepsProps = { asset: Asset; userId: string | null; done: readonly Step[] }

/** The three steps to a first trade, until a position is closed or the list is put away. */
export function Steps({ asset, userId, done }: StepsProps) {
  const hasClosed = useHasClosed(userId)
  // Whoever has traded before, elsewhere too, needs no steps.
  if (userId !== null && hasClosed === undefined) return <StepsPlace />
  return (
    <>
      <Strip done={done} />
      <Watch key={userId} asset={asset} hasClosed={hasClosed ?? false} />
    </>
  )
}

/** Returns whether a user has ever closed a position; undefined until that is known. */
function useHasClosed(userId: string | null): boolean | undefined {
  return useQuery({
    queryKey: ['has-closed', userId],
    queryFn: api.hasClosed,
    enabled: userId !== null,
    staleTime: Number.POSITIVE_INFINITY,
  }).data
}

function Strip({ done }: { done: readonly Step[] }) {
  const total = STEPS.length
  const current = STEPS.find((step) => !done.includes(step))
  return (
    <section
      aria-label={t`First steps`}
      className="flex h-9 shrink-0 items-center gap-3 bg-panel px-3 text-xs"
    >
      <ol className="flex min-w-0 flex-1 items-center gap-x-5">
        {STEPS.map((step, index) => {
          const isDone = done.includes(step)
          const number = index + 1
          return (
            <li
              key={step}
              aria-current={step === current ? 'step' : undefined}
              className={cx(
                'flex items-center gap-1.5 whitespace-nowrap',
                step === current ? 'text-ink' : 'text-faint max-sm:hidden',
              )}
            >
              <span
                aria-hidden
                className={cx(
                  'flex size-4.5 items-center justify-center rounded-full text-2xs',
                  isDone && 'bg-up-tint text-up',
                  step === current && 'bg-accent font-semibold text-accent-ink',
                  !isDone && step !== current && 'bg-hover',
                )}
              >
                {isDone ? <Check size={12} /> : number}
              </span>
              {i18n._(LABELS[step])}
              <span className="text-faint sm:hidden">{t`(step ${number} of ${total})`}</span>
              {isDone && <span className="sr-only">{t`(done)`}</span>}
            </li>
          )
        })}
      </ol>
      <button
        type="button"
        aria-label={t`Hide the first steps`}
        title={t`Hide the first steps`}
        onClick={dismiss}
        className="flex size-7 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink"
      >
        <X size={14} aria-hidden />
      </button>
    </section>
  )
}

/** Notes what the user does. */
function Watch({ asset, hasClosed }: { asset: Asset; hasClosed: boolean }) {
  const account = useAccount().data
  const first = useRef(asset)
  const hasOrder = Boolean(account?.positions.length || account?.orders.length)
  useEffect(() => {
    if (hasClosed) finish('close')
    else if (hasOrder) finish('order')
    else if (asset !== first.current) finish('market')
  }, [asset, hasClosed, hasOrder])
  useEffect(
    () =>
      subscribeNews(({ kind }) => {
        if (kind === 'closed') finish('close')
      }),
    [],
  )
  return null
}
