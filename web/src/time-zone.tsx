/** The time zone of all displayed times, the same in charts and tables, and always named. */

import * as format from '@/format'
import { change, settings, type TimeZone } from '@/settings'
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

/** A button that names the zone and switches to the other one. */
export function ZoneSwitch() {
  const zone = useTimeZone()
  return (
    <button
      type="button"
      title={zone === 'utc' ? 'Show times in your time zone' : 'Show times in UTC'}
      onClick={() => change({ timeZone: zone === 'utc' ? 'local' : 'utc' })}
      className="underline hover:text-ink"
    >
      Times in <ZoneName />
    </button>
  )
}
