import { t } from '@lingui/core/macro'
import { type Kind, KINDS } from '@/features/ticket/order-terms'
import { KIND_NAMES } from '@/trading/orders'
import { Segmented } from '@/ui/tabs'

const optionsOf = () =>
  KINDS.map((value) => ({
    value,
    label: value === 'TRAILING_STOP_MARKET' ? t`Trailing` : KIND_NAMES[value],
    title: KIND_NAMES[value],
  }))

/** The name of a kind at the end of a phrase: `market`. */
export function kindPhrase(kind: Kind): string {
  switch (kind) {
    case 'MARKET':
      return t({ message: 'market', context: 'order kind' })
    case 'LIMIT':
      return t({ message: 'limit', context: 'order kind' })
    case 'STOP_MARKET':
      return t({ message: 'stop', context: 'order kind' })
    case 'STOP':
      return t`stop limit`
    case 'TRAILING_STOP_MARKET':
      return t`trailing stop`
  }
}

/** The choice of the order's kind. */
export function KindSwitch({ value, onChange }: { value: Kind; onChange: (kind: Kind) => void }) {
  return (
    <Segmented
      label={t`Order type`}
      value={value}
      onChange={onChange}
      options={optionsOf()}
      className="flex-wrap justify-between gap-y-1 [&_button]:px-1.5"
    />
  )
}
