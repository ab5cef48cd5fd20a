import { t } from '@lingui/core/macro'
import { ToggleGroup } from 'radix-ui'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import type { Asset } from '@/markets'
import { openPrice, type Side } from '@/rules'
import { cx } from '@/ui/class-names'

type SideSwitchProps = {
  value: Side
  onChange: (side: Side) => void
  asset: Asset
}

const sidesOf = () =>
  [
    {
      side: 'LONG',
      label: t({ message: 'Long', context: 'button' }),
      on: 'data-[state=on]:bg-up-fill',
      key: 'B',
    },
    {
      side: 'SHORT',
      label: t({ message: 'Short', context: 'button' }),
      on: 'data-[state=on]:bg-down-fill',
      key: 'S',
    },
  ] as const

/** The choice of side, with the entry price of each. */
export function SideSwitch({ value, onChange, asset }: SideSwitchProps) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      aria-label={t`Side`}
      className="grid grid-cols-2 gap-1 rounded-lg bg-ground p-1"
      onValueChange={(next) => {
        if (next) onChange(next as Side)
      }}
    >
      {sidesOf().map(({ side, label, on, key }) => (
        <ToggleGroup.Item
          key={side}
          value={side}
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
              return quote && { text: format.price(asset, openPrice(side, quote)) }
            }}
          />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
