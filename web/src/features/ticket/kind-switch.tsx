import { type Kind, KINDS } from '@/features/ticket/order-terms'
import { KIND_NAMES } from '@/trading/orders'
import { Segmented } from '@/ui/tabs'

const SHORT_NAMES: Partial<Record<Kind, string>> = { TRAILING_STOP_MARKET: 'Trailing' }

const OPTIONS = KINDS.map((value) => ({
  value,
  label: SHORT_NAMES[value] ?? KIND_NAMES[value],
  title: KIND_NAMES[value],
}))

/** The choice of the order's kind. */
export function KindSwitch({ value, onChange }: { value: Kind; onChange: (kind: Kind) => void }) {
  return (
    <Segmented
      label="Order type"
      value={value}
      onChange={onChange}
      options={OPTIONS}
      className="flex-wrap justify-between gap-y-1"
    />
  )
}
