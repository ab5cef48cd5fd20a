/** The filters of a list: market, side, kind and period. */

import { i18n } from '@lingui/core'
import { t } from '@lingui/core/macro'
import { useId } from 'react'
import type { CloseReason, OrderKind } from '@/api/schema'
import { INCOME_KINDS, KIND_NAMES as INCOME_NAMES } from '@/features/positions/income-kinds'
import {
  isBackward,
  isFiltered,
  type ListName,
  NO_FILTER,
  type Period,
} from '@/features/positions/list-filter'
import { useFilter } from '@/features/positions/list-state'
import { buyWord, sellWord } from '@/features/positions/words'
import { markets } from '@/markets'
import { useStore } from '@/store'
import { ZoneName } from '@/time-zone'
import { KIND_NAMES } from '@/trading/orders'
import { CLOSE_REASONS } from '@/trading/reasons'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'

type Choice = readonly [value: string, label: string]

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
const reasons = (of: readonly CloseReason[]): Choice[] =>
  of.map((reason) => [reason, CLOSE_REASONS[reason].label])

type Field = { label: string; all: string; choices: readonly Choice[] }

type Fields = { side?: Field; kind?: Field; status?: Field; hasPeriod: boolean }

const orderSide = (): Field => ({
  label: t`Side`,
  all: t`Both sides`,
  choices: [
    ['BUY', buyWord()],
    ['SELL', sellWord()],
  ],
})

const positionSide = (): Field => ({
  label: t`Side`,
  all: t`Both sides`,
  choices: [
    ['LONG', t`Long`],
    ['SHORT', t`Short`],
  ],
})

const typeOf = (kinds: readonly OrderKind[]): Field => ({
  label: t`Type`,
  all: t`All types`,
  choices: named(kinds),
})

const roleOrReason = (): Field => ({
  label: t`Role or reason`,
  all: t`All fills`,
  choices: [
    ['MAKER', t`Maker`],
    ['TAKER', t`Taker`],
    ...reasons(['TAKE_PROFIT', 'STOP_LOSS', 'MARGIN_CALL']),
  ],
})

const status = (): Field => ({
  label: t`Status`,
  all: t`All statuses`,
  choices: [
    ['FILLED', t`Filled`],
    ['CANCELED', t`Canceled`],
    ['EXPIRED', t`Expired`],
  ],
})

const closedBy = (): Field => ({
  label: t`Closed by`,
  all: t`All reasons`,
  choices: reasons(['MANUAL', 'TAKE_PROFIT', 'STOP_LOSS', 'MARGIN_CALL']),
})

const incomeKind = (): Field => ({
  label: t`Kind`,
  all: t`All kinds`,
  choices: INCOME_KINDS.map((kind) => [kind, i18n._(INCOME_NAMES[kind])]),
})

function fieldsOf(list: ListName): Fields {
  switch (list) {
    case 'open':
      return { side: positionSide(), hasPeriod: false }
    case 'orders':
      return { side: orderSide(), kind: typeOf(RESTING_KINDS), hasPeriod: true }
    case 'ended':
      return {
        side: orderSide(),
        kind: typeOf(['MARKET', ...RESTING_KINDS]),
        status: status(),
        hasPeriod: true,
      }
    case 'fills':
      return { side: orderSide(), kind: roleOrReason(), hasPeriod: true }
    case 'closed':
      return { side: positionSide(), kind: closedBy(), hasPeriod: true }
    case 'income':
      return { kind: incomeKind(), hasPeriod: true }
  }
}

const presets = (): Choice[] => [
  ['all', t`All time`],
  ['today', t`Today`],
  ['7d', t`7 days`],
  ['30d', t`30 days`],
  ['custom', t`From – to`],
]

export function Filters({ list }: { list: ListName }) {
  const [filter, change] = useFilter(list)
  const symbols = useStore(markets)
  const { side, kind, status, hasPeriod } = fieldsOf(list)
  const market: Field = {
    label: t({ message: 'Market', context: 'instrument' }),
    all: t`All markets`,
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
          {t`Clear`}
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
        aria-label={t`Period`}
        value={period.preset}
        onChange={(event) => choose(event.target.value)}
        className={cx(CONTROL, period.preset !== 'all' && 'border-accent')}
      >
        {presets().map(([value, label]) => (
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
              aria-label={end === 'from' ? t`First day` : t`Last day`}
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
          {t`The period ends before it begins`}
        </span>
      )}
    </>
  )
}
