import { t } from '@lingui/core/macro'
import { ChevronDown } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { type Asset, assetInfo } from '@/markets'
import { Popover } from '@/ui/menu'
import { Loading } from '@/ui/states'

// The list is not part of the first view.
const MarketBrowser = lazy(async () => ({
  default: (await import('@/features/markets/market-browser')).MarketBrowser,
}))

type AssetSelectProps = {
  asset: Asset
  onAsset: (asset: Asset) => void
  /** Opens and closes the list from outside, as a key does. */
  open?: boolean
  onOpenChange?: (open: boolean) => void
}

/** Selects an asset from the list of markets. */
export function AssetSelect({ asset, onAsset, open, onOpenChange }: AssetSelectProps) {
  const [isOwnOpen, setIsOwnOpen] = useState(false)
  const setIsOpen = onOpenChange ?? setIsOwnOpen
  const { base, quote } = assetInfo(asset)
  return (
    <Popover
      label={t`Assets`}
      open={open ?? isOwnOpen}
      onOpenChange={setIsOpen}
      className="w-[min(48rem,calc(100vw-1rem))] p-2"
      trigger={
        <button
          type="button"
          className="flex h-10 shrink-0 items-center gap-1.5 rounded-md px-2 text-base font-semibold hover:bg-hover"
        >
          <span className="sr-only">{t`Asset:`}</span>
          {base}
          <span className="font-normal text-faint">{quote}</span>
          <ChevronDown size={16} className="text-faint" />
        </button>
      }
    >
      <Suspense fallback={<Loading label={t`Loading markets`} />}>
        <MarketBrowser
          current={asset}
          searchRef={takeFocus}
          className="h-[min(30rem,60dvh)]"
          onChoose={(chosen) => {
            onAsset(chosen)
            setIsOpen(false)
          }}
        />
      </Suspense>
    </Popover>
  )
}

/** The list comes after the popover, which has looked for something to focus already. */
function takeFocus(field: HTMLInputElement | null): void {
  field?.focus({ preventScroll: true })
}
