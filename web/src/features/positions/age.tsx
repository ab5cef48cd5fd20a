import { useClock } from '@/ui/use-clock'
import * as format from '@/format'

/** How long ago, counting. */
export function Age({ since }: { since: number }) {
  const now = useClock()
  return (
    <time dateTime={new Date(since).toISOString()} title={format.dateTime(since)}>
      {format.duration(now - since)}
    </time>
  )
}
