/** The filters of a list: market, side, kind and period. */

import { useId } from 'react'
import type { OrderKind } from '@/api/schema'
import { INCOME_KINDS, KIND_NAMES as INCOME_NAMES } from '@/features/positions/income-kinds'
import {
  isBackward,
  isFiltered,
  type ListName,
  NO_FILTER,
  type Period,
} from '@/features/positions/list-filter'
import { useFilter } from '@/features/positions/list-state'
import { markets } from '@/markets'
import { useStore } from '@/store'
import { ZoneName } from '@/time-zone'
import { KIND_NAMES } from '@/trading/orders'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'

type Choice = readonly [value: string, label: string]

const ORDER_SIDES: readonly Choice[] = [
  ['BUY', 'Buy'],
  ['SELL', 'Sell'],
]
const POSITION_SIDES: readonly Choice[] = [
  ['LONG', 'Long'],
  ['SHORT', 'Short'],
]
const REASONS: readonly Choice[] = (
  ['MANUAL', 'TAKE_PROFIT', 'STOP_LOSS', 'MARGIN_CALL'] as const
).map((reason) => [reason, CLOSE_REASONS[reason].label])
const ROLES: readonly Choice[] = [
  ['MAKER', 'Maker'],
  ['TAKER', 'Taker'],
]
const STATUSES: readonly Choice[] = [
  ['FILLED', 'Filled'],
  ['CANCELED', 'Canceled'],
  ['EXPIRED', 'Expired'],
]
const RESTING_KINDS: readonly OrderKind[] = [
  'LIMIT',
  'STOP_MARKET',
  'STOP',
  'TAKE_PROFIT_MARKET',
  'TAKE_PROFIT',
  'TRAILING_STOP_MARKET',
]
const named = (kinds: readonly OrderKind[]): Choice[] =>
  kinds.map((kind) => [kind, KIND_NAMES[kind]])

type Field = { label: string; all: string; choices: readonly Choice[] }

type Fields = { side?: Field; kind?: Field; status?: Field; hasPeriod: boolean }

const SIDE: Field = { label: 'Side', all: 'Both sides', choices: ORDER_SIDES }
const POSITION_SIDE: Field = { label: 'Side', all: 'Both sides', choices: POSITION_SIDES }

const FIELDS: Record<ListName, Fields> = {
  open: { side: POSITION_SIDE, hasPeriod: false },
  orders: {
    side: SIDE,
    kind: { label: 'Type', all: 'All types', choices: named(RESTING_KINDS) },
    hasPeriod: true,
  },
  ended: {
    side: SIDE,
    kind: { label: 'Type', all: 'All types', choices: named(['MARKET', ...RESTING_KINDS]) },
    status: { label: 'Status', all: 'All statuses', choices: STATUSES },
    hasPeriod: true,
  },
  fills: {
    side: SIDE,
    kind: {
      label: 'Role or reason',
      all: 'All fills',
      choices: [...ROLES, ...REASONS.filter(([reason]) => reason !== 'MANUAL')],
    },
    hasPeriod: true,
  },
  closed: {
    side: POSITION_SIDE,
    kind: { label: 'Closed by', all: 'All reasons', choices: REASONS },
    hasPeriod: true,
  },
  income: {
    kind: {
      label: 'Kind',
      all: 'All kinds',
      choices: INCOME_KINDS.map((kind) => [kind, INCOME_NAMES[kind]]),
    },
    hasPeriod: true,
  },
}

const PRESETS: readonly Choice[] = [
  ['all', 'All time'],
  ['today', 'Today'],
  ['7d', '7 days'],
  ['30d', '30 days'],
  ['custom', 'From – to'],
]

export function Filters({ list }: { list: ListName }) {
  const [filter, change] = useFilter(list)
  const symbols = useStore(markets)
  const { side, kind, status, hasPeriod } = FIELDS[list]
  const market: Field = {
    label: 'Market',
    all: 'All markets',
    choices: symbols.map(({ asset, base }) => [asset, base]),
  }
  return (
    <>
      <Select of={market} value={filter.asset} onChange={(asset) => change({ asset })} />
      {side && (
        <Select of={side} value={filter.side} onChange={(chosen) => change({ side: chosen })} />
      )}
      {kind && (
        <Select of={kind} value={filter.kind} onChange={(chosen) => change({ kind: chosen })} />
      )}
      {status && (
        <Select
          of={status}
          value={filter.status}
          onChange={(chosen) => change({ status: chosen })}
        />
      )}
      {hasPeriod && <Dates period={filter.period} onChange={(period) => change({ period })} />}
      {isFiltered(filter) && (
        <Button size="sm" look="ghost" onClick={() => change(NO_FILTER)}>
          Clear
        </Button>
      )}
    </>
  )
}

const CONTROL =
  'h-7 shrink-0 rounded border border-line bg-ground px-1.5 text-xs text-ink hover:border-edge'

type SelectProps = { of: Field; value: string; onChange: (value: string) => void }

function Select({ of: { label, all, choices }, value, onChange }: SelectProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={cx(CONTROL, value !== '' && 'border-accent')}
    >
      <option value="">{all}</option>
      {choices.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  )
}

type DatesProps = { period: Period; onChange: (period: Period) => void }

function Dates({ period, onChange }: DatesProps) {
  const noteId = useId()
  const wrong = isBackward(period)
  const ends = period.preset === 'custom' ? period : null
  const choose = (preset: string) =>
    onChange(
      preset === 'custom'
        ? { preset, from: '', to: '' }
        : { preset: preset as Exclude<Period['preset'], 'custom'> },
    )
  return (
    <>
      <select
        aria-label="Period"
        value={period.preset}
        onChange={(event) => choose(event.target.value)}
        className={cx(CONTROL, period.preset !== 'all' && 'border-accent')}
      >
        {PRESETS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {ends && (
        <>
          {(['from', 'to'] as const).map((end) => (
            <input
              key={end}
              type="date"
              aria-label={end === 'from' ? 'First day' : 'Last day'}
              aria-invalid={wrong || undefined}
              aria-describedby={wrong ? noteId : undefined}
              value={ends[end]}
              onChange={(event) => onChange({ ...ends, [end]: event.target.value })}
              className={cx(CONTROL, wrong && 'border-down')}
            />
          ))}
          <span className="shrink-0 text-faint">
            <ZoneName />
          </span>
        </>
      )}
      {wrong && (
        <span id={noteId} role="alert" className="shrink-0 text-down">
          The period ends before it begins
        </span>
      )}
    </>
  )
}
