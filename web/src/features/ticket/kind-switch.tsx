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
