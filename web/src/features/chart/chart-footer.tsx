import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { zoneName } from '@/format'
import { change, TIME_ZONES, type TimeZone } from '@/settings'
import { useTimeZone, ZoneName } from '@/time-zone'
import { ChartAttribution } from '@/ui/chart-attribution'
import { Menu, MenuChoice, MenuLabel } from '@/ui/menu'

/** The zone of all times, to be changed, and the attribution that the library's licence requires. */
export function ChartFooter() {
  return (
    <p className="h-5 shrink-0 px-3 pb-1 text-right text-2xs text-faint">
      <ZoneMenu /> ·{' '}
      <Trans>
        Chart by <ChartAttribution />
      </Trans>
    </p>
  )
}

function ZoneMenu() {
  const zone = useTimeZone()
  return (
    <Menu
      trigger={
        <button type="button" title={t`Change the time zone`} className="underline hover:text-ink">
          <Trans>
            Times in <ZoneName />
          </Trans>
        </button>
      }
    >
      <MenuLabel>{t`Time zone of the chart and of all tables`}</MenuLabel>
      <div className="max-h-80 overflow-y-auto">
        <MenuChoice<TimeZone>
          label={t`Time zone`}
          value={zone}
          options={TIME_ZONES.map((each) => ({ value: each, label: <ZoneLabel zone={each} /> }))}
          onChange={(timeZone) => change({ timeZone })}
        />
      </div>
    </Menu>
  )
}

function ZoneLabel({ zone }: { zone: TimeZone }) {
  return (
    <>
      <span className="flex-1">{placeOf(zone)}</span>
      <span className="text-xs text-faint tabular-nums">{zoneName(zone)}</span>
    </>
  )
}

function placeOf(zone: TimeZone): string {
  return {
    local: t`Your time zone`,
    utc: 'UTC',
    'America/Los_Angeles': t`Los Angeles`,
    'America/Chicago': t`Chicago`,
    'America/New_York': t`New York`,
    'America/Sao_Paulo': t`Sao Paulo`,
    'Europe/London': t`London`,
    'Europe/Berlin': t`Berlin`,
    'Europe/Istanbul': t`Istanbul`,
    'Asia/Dubai': t`Dubai`,
    'Asia/Kolkata': t`Kolkata`,
    'Asia/Singapore': t`Singapore`,
    'Asia/Hong_Kong': t`Hong Kong`,
    'Asia/Seoul': t`Seoul`,
    'Asia/Tokyo': t`Tokyo`,
    'Australia/Sydney': t`Sydney`,
  }[zone]
}
