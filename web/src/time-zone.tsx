/** In which time zone times are written: one for charts and tables alike, and always named. */

import * as format from '@/format'
import { change, settings, type TimeZone } from '@/settings'
import { useStore } from '@/store'

export function useTimeZone(): TimeZone {
  return useStore(settings).timeZone
}

/** A time as it stands in a table. */
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

/** The zone's name, behind the name of a column of times. */
export function ZoneName() {
  return format.zoneName(useTimeZone())
}

/** Names the zone, and takes the other one when it is pressed. */
export function ZoneSwitch() {
  const zone = useTimeZone()
  return (
    <button
      type="button"
      title={zone === 'utc' ? 'Show times in your own time zone' : 'Show times in UTC'}
      onClick={() => change({ timeZone: zone === 'utc' ? 'local' : 'utc' })}
      className="underline hover:text-ink"
    >
      Times in <ZoneName />
    </button>
  )
}
