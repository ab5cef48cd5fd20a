import { ToggleGroup } from 'radix-ui'
import type { Asset } from '@/assets'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { openPrice, type OrderType } from '@/rules'
import { cx } from '@/ui/class-names'

type SideSwitchProps = {
  value: OrderType
  onChange: (orderType: OrderType) => void
  asset: Asset
}

const SIDES = [
  { orderType: 'LONG', label: 'Long', on: 'data-[state=on]:bg-up-fill', key: 'B' },
  { orderType: 'SHORT', label: 'Short', on: 'data-[state=on]:bg-down-fill', key: 'S' },
] as const

/** Each side with the price that it would open at. */
export function SideSwitch({ value, onChange, asset }: SideSwitchProps) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      aria-label="Side"
      className="grid grid-cols-2 gap-1 rounded-lg bg-ground p-1"
      onValueChange={(next) => {
        if (next) onChange(next as OrderType)
      }}
    >
      {SIDES.map(({ orderType, label, on, key }) => (
        <ToggleGroup.Item
          key={orderType}
          value={orderType}
          aria-keyshortcuts={key}
          className={cx(
            'flex h-11 flex-col items-center justify-center rounded-md text-soft transition-colors hover:text-ink data-[state=on]:text-white',
            on,
          )}
        >
          <span className="text-sm leading-4 font-semibold">{label}</span>
          <LiveText
            assets={[asset]}
            className="text-2xs leading-4"
            content={() => {
              const quote = quoteOf(asset)
              return quote && { text: format.price(asset, openPrice(orderType, quote)) }
            }}
          />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
