import { t } from '@lingui/core/macro'
import { useState } from 'react'
import type { AccountPerformance, PerformanceSpan } from '@/api/schema'
import { abs, mulDiv, SCALE } from '@/decimal'
import {
  type CalendarDay,
  type CalendarMonth,
  calendarOf,
  largestOf,
  levelOf,
} from '@/features/portfolio/calendar'
import { monthName, WEEKDAYS } from '@/features/portfolio/date-names'
import { Section, Signed } from '@/features/portfolio/section'
import * as format from '@/format'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'

/** The months that are shown at first; the others on demand. */
const MONTHS_FIRST = 2

/** The P&L of each day, with the totals of weeks and months. */
export function CalendarSection({ found }: { found: AccountPerformance }) {
  const [isAllShown, setIsAllShown] = useState(false)
  const months = calendarOf(found)
  const largest = largestOf(found.days)
  const count = months.length
  const shown = isAllShown ? months : months.slice(0, MONTHS_FIRST)
  return (
    <Section
      title={t`Daily P&L`}
      about={t`Days, weeks and months are those of UTC, whatever time zone the page shows. A week that belongs to two months has its whole total in both.`}
    >
      <div className="grid gap-x-8 gap-y-6 xl:grid-cols-2">
        {shown.map((month) => (
          <Month key={month.start} month={month} largest={largest} />
        ))}
      </div>
      {shown.length < months.length && (
        <Button className="mt-4" onClick={() => setIsAllShown(true)}>
          {t`Show all ${count} months`}
        </Button>
      )}
    </Section>
  )
}

function Month({ month, largest }: { month: CalendarMonth; largest: bigint }) {
  const { start, sum, weeks } = month
  const pnl = BigInt(sum.pnlInt)
  return (
    <table className="w-full table-fixed border-separate border-spacing-0.5 self-start text-2xs">
      <caption className="pb-2 text-left text-sm">
        <span className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="font-medium">{monthName(start)}</span>
          <span>
            <Signed value={pnl} text={`${format.signedUsd(pnl)} USD`} />{' '}
            <span className="text-xs text-soft">{format.signedPercent(BigInt(sum.returnInt))}</span>
          </span>
        </span>
      </caption>
      <thead>
        <tr>
          {WEEKDAYS.map(([short, long]) => (
            <th key={short} scope="col" abbr={long} className="h-6 font-normal text-soft">
              {short}
            </th>
          ))}
          <th scope="col" className="h-6 font-normal text-soft">
            {t`Week`}
          </th>
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week.start}>
            {week.days.map((day, i) => (
              <Day key={WEEKDAYS[i]?.[0] ?? i} day={day} largest={largest} />
            ))}
            <WeekTotal sum={week.sum} />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The shades of losses and gains, the strongest loss first. */
const SHADES = [
  'bg-down/45',
  'bg-down/32',
  'bg-down/20',
  'bg-down/10',
  'bg-raised',
  'bg-up/10',
  'bg-up/20',
  'bg-up/32',
  'bg-up/45',
]

const CELL = 'h-11 rounded px-0.5 text-center align-middle sm:h-12'

function Day({ day, largest }: { day: CalendarDay | null; largest: bigint }) {
  if (!day) return <EmptyCell />
  if (!day.day) return <td className={cx(CELL, 'text-faint')}>{day.dayOfMonth}</td>
  const pnl = BigInt(day.day.pnlInt)
  const rate = format.signedPercent(BigInt(day.day.returnInt))
  const exact = `${format.signedUsd(pnl)} USD, ${rate}`
  return (
    <td
      className={cx(CELL, 'text-ink', SHADES[levelOf(pnl, largest) + 4])}
      title={`${new Date(day.start).toISOString().slice(0, 10)}: ${exact}`}
    >
      <span className="block text-2xs leading-3">{day.dayOfMonth}</span>
      <span aria-hidden className="block leading-4 font-medium tracking-tight">
        <Compact pnl={pnl} />
      </span>
      <span className="sr-only">: {exact}</span>
    </td>
  )
}

/** A cell of another month, or of a week without days in the period. */
function EmptyCell() {
  return <td aria-label={t({ message: 'None', context: 'day' })} />
}

function WeekTotal({ sum }: { sum: PerformanceSpan | null }) {
  if (!sum) return <EmptyCell />
  const pnl = BigInt(sum.pnlInt)
  const exact = `${format.signedUsd(pnl)} USD, ${format.signedPercent(BigInt(sum.returnInt))}`
  return (
    <td className={CELL} title={exact}>
      <span aria-hidden className="block font-medium tracking-tight">
        <Signed value={pnl} text={<Compact pnl={pnl} />} />
      </span>
      <span className="sr-only">{exact}</span>
    </td>
  )
}

/** The units of large amounts: cells have no room for the words that languages have for them. */
const UNITS: readonly [size: bigint, unit: string][] = [
  [1_000_000_000n, 'B'],
  [1_000_000n, 'M'],
  [1_000n, 'K'],
]

/** A gain or a loss in a cell, which has room for decimals only on a wide page: `+1.24K`. */
function Compact({ pnl }: { pnl: bigint }) {
  if (pnl === 0n) return '0'
  const sign = pnl > 0n ? '+' : '-'
  const value = abs(pnl)
  const [size, unit] = UNITS.find(([from]) => value >= from * SCALE) ?? [1n, '']
  const count = mulDiv(value, 1n, size, 'floor')
  const text = (decimals: number) => sign + format.fixed(count, decimals, 'floor') + unit
  return (
    <>
      <span className="sm:hidden">{text(count < 10n * SCALE ? 1 : 0)}</span>
      <span className="max-sm:hidden">{text(unit === '' && count >= 100n * SCALE ? 0 : 2)}</span>
    </>
  )
}
