import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { useId, useState } from 'react'
import { dayOf, isPeriod, type Period, PRESETS, type Preset } from '@/features/portfolio/period'
import { Button } from '@/ui/button'
import { Segmented } from '@/ui/tabs'
import { useClock } from '@/ui/use-clock'

type Choice = Preset | 'custom'

const LABELS: Record<Choice, MessageDescriptor> = {
  '7d': msg`7 days`,
  '30d': msg`30 days`,
  '90d': msg`90 days`,
  all: msg({ message: 'All', context: 'period' }),
  custom: msg({ message: 'Custom', context: 'period' }),
}

type PeriodSwitchProps = { period: Period; onPeriod: (period: Period) => void }

/** The choice of the period, with two days for one of the trader's own. */
export function PeriodSwitch({ period, onPeriod }: PeriodSwitchProps) {
  const [isCustom, setIsCustom] = useState(!('preset' in period))
  const value: Choice = isCustom ? 'custom' : 'preset' in period ? period.preset : 'custom'
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segmented<Choice>
        label={t`Period`}
        value={value}
        onChange={(choice) => {
          setIsCustom(choice === 'custom')
          if (choice !== 'custom') onPeriod({ preset: choice })
        }}
        className="border border-line bg-panel p-0.5"
        options={[...PRESETS, 'custom' as const].map((each) => ({
          value: each,
          label: i18n._(LABELS[each]),
        }))}
      />
      {isCustom && <Days period={period} onPeriod={onPeriod} />}
    </div>
  )
}

function Days({ period, onPeriod }: PeriodSwitchProps) {
  const id = useId()
  const today = dayOf(useClock())
  const initial = 'preset' in period ? { first: today, last: today } : period
  const [first, setFirst] = useState(initial.first)
  const [last, setLast] = useState(initial.last)
  const isRight = isPeriod(first, last)
  return (
    <form
      aria-label={t`Days of the period`}
      className="flex flex-wrap items-center gap-2 text-xs"
      onSubmit={(event) => {
        event.preventDefault()
        if (isRight) onPeriod({ first, last })
      }}
    >
      <DayField
        label={t({ message: 'From', context: 'period' })}
        value={first}
        max={today}
        onDay={setFirst}
        describedBy={id}
      />
      <DayField
        label={t({ message: 'To', context: 'period' })}
        value={last}
        max={today}
        onDay={setLast}
        describedBy={id}
      />
      <Button type="submit" size="sm" disabled={!isRight}>
        {t`Show`}
      </Button>
      <span id={id} className={isRight ? 'text-faint' : 'text-down'} aria-live="polite">
        {isRight
          ? t`Days of UTC, the last one included`
          : t`The last day must not be before the first`}
      </span>
    </form>
  )
}

type DayFieldProps = {
  label: string
  value: string
  max: string
  onDay: (day: string) => void
  describedBy: string
}

function DayField({ label, value, max, onDay, describedBy }: DayFieldProps) {
  return (
    <label className="inline-flex items-center gap-1.5 text-soft">
      {label}
      <input
        type="date"
        value={value}
        max={max}
        aria-describedby={describedBy}
        onChange={(event) => onDay(event.target.value)}
        className="h-8 rounded-md border border-edge bg-panel px-2 text-ink"
      />
    </label>
  )
}
