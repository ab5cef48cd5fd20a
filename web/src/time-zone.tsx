/** The time zone of all displayed times, the same in charts and tables, and always named. */

import * as format from '@/format'
import { settings, type TimeZone } from '@/settings'
import { useStore } from '@/store'

export function useTimeZone(): TimeZone {
  return useStore(settings).timeZone
}

/** A time in a table. */
export function Moment({ at }: { at: number }) {
  const zone = useTimeZone()
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={`${format.dateTime(at, zone)} ${format.zoneName(zone, at)}`}
    >
      {format.dateTime(at, zone)}
    </time>
  )
}

/** The name of the zone, for headings of time columns. */
export function ZoneName() {
  return format.zoneName(useTimeZone())
}
