import { t } from '@lingui/core/macro'
import { ApiError, isAtFields, sentence } from '@/api/errors'
import { Notice } from '@/ui/notice'
import { useClock } from '@/ui/use-clock'

type FailureProps = {
  error: unknown
  wait: number
  /** The fields that the form shows, by the names of the API; they show their own problems. */
  fields: readonly string[]
}

/** The error of a form, unless its fields show all of it, with a countdown when the user has to wait. */
export function Failure({ error, wait, fields }: FailureProps) {
  if (!error) return null
  if (error instanceof ApiError && error.retryAfterS !== null && error.status === 429) {
    // The server's sentence names the waiting time at the response, which does not count down.
    return wait > 0 ? (
      <Notice tone="error">{t`Too many attempts. Try again in ${wait} s.`}</Notice>
    ) : (
      <Notice tone="info">{t`You can try again now.`}</Notice>
    )
  }
  if (isAtFields(error, fields)) return null
  return <Notice tone="error">{sentence(error)}</Notice>
}

/** Returns the number of seconds until a rate-limited mutation may be tried again. */
export function useWait({ error, submittedAt }: { error: unknown; submittedAt: number }): number {
  const now = useClock()
  const waitS = error instanceof ApiError && error.status === 429 ? error.retryAfterS : null
  if (waitS === null) return 0
  return Math.max(0, Math.ceil((submittedAt + waitS * 1_000 - now) / 1_000))
}
