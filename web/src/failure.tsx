import { ApiError, sentence } from '@/api/errors'
import { Notice } from '@/ui/notice'
import { useClock } from '@/ui/use-clock'

/** Why it did not work, unless a field says so, with the seconds that one has to wait counting. */
export function Failure({ error, wait }: { error: unknown; wait: number }) {
  if (!error) return null
  if (error instanceof ApiError && error.retryAfterS !== null && error.status === 429) {
    // The server's own sentence holds the time of then.
    return wait > 0 ? (
      <Notice tone="error">Too many attempts. Try again in {wait} s.</Notice>
    ) : (
      <Notice tone="info">You can try again now.</Notice>
    )
  }
  if (error instanceof ApiError && Object.keys(error.fields).length > 0) return null
  return <Notice tone="error">{sentence(error)}</Notice>
}

/** How many seconds a mutation that was refused still has to wait. */
export function useWait({ error, submittedAt }: { error: unknown; submittedAt: number }): number {
  const now = useClock()
  const waitS = error instanceof ApiError && error.status === 429 ? error.retryAfterS : null
  if (waitS === null) return 0
  return Math.max(0, Math.ceil((submittedAt + waitS * 1_000 - now) / 1_000))
}
