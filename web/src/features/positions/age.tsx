import { useClock } from '@/ui/use-clock'
import * as format from '@/format'
import { useTimeZone } from '@/time-zone'

/** The time since a moment, updated every second. */
export function Age({ since }: { since: number }) {
  const now = useClock()
  const zone = useTimeZone()
  return (
    <time
      dateTime={new Date(since).toISOString()}
      title={`${format.dateTime(since, zone)} ${format.zoneName(zone, since)}`}
    >
      {format.duration(now - since)}
    </time>
  )
}
