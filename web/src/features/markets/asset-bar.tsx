import { t } from '@lingui/core/macro'
import { type ReactNode, useState } from 'react'
import { AssetSelect } from '@/features/markets/asset-select'
import { DisputeBadge } from '@/features/markets/dispute-badge'
import {
  Ask,
  Bid,
  DayChange,
  DayHigh,
  DayLow,
  DayVolume,
  LastPrice,
} from '@/features/markets/live-figures'
import { MarkPrice, NextFunding } from '@/features/markets/mark-figures'
import { type Asset, assetInfo, hasMark } from '@/markets'
import { MarkBadge } from '@/trading/mark-badge'
import { useKeys } from '@/ui/use-keys'

type AssetBarProps = { asset: Asset; onAsset: (asset: Asset) => void }

/** The selected asset, its price and its 24-hour figures. */
export function AssetBar({ asset, onAsset }: AssetBarProps) {
  const info = assetInfo(asset)
  const [isListOpen, setIsListOpen] = useState(false)
  useKeys({ '/': () => setIsListOpen(true) })
  return (
    <div className="flex h-14 min-w-0 items-center gap-5 overflow-x-auto bg-panel px-3 [scrollbar-width:none] max-lg:[mask-image:linear-gradient(to_right,black_80%,transparent)]">
      <AssetSelect asset={asset} onAsset={onAsset} open={isListOpen} onOpenChange={setIsListOpen} />
      <div className="flex min-w-24 flex-col items-start">
        <LastPrice asset={asset} className="text-lg leading-6 font-semibold" />
        {/* Below the price, so that they push none of the figures out of view. */}
        <DisputeBadge asset={asset} />
        <MarkBadge asset={asset} />
      </div>
      <dl className="flex gap-4">
        <Figure name={t`Bid`} width="min-w-17">
          <Bid asset={asset} />
        </Figure>
        <Figure name={t`Ask`} width="min-w-17">
          <Ask asset={asset} />
        </Figure>
        {hasMark(info) && (
          <Figure name={t({ message: 'Mark', context: 'price' })} width="min-w-17">
            <MarkPrice asset={asset} />
          </Figure>
        )}
        {info.funding && (
          <Figure name={fundingName(info.funding.intervalHours)} width="min-w-28">
            <NextFunding asset={asset} />
          </Figure>
        )}
        <Figure name={t`24h change`} width="min-w-16 max-lg:order-first">
          <DayChange asset={asset} />
        </Figure>
        <Figure name={t`24h high`} width="min-w-17">
          <DayHigh asset={asset} />
        </Figure>
        <Figure name={t`24h low`} width="min-w-17">
          <DayLow asset={asset} />
        </Figure>
        <Figure name={t`24h volume`} width="min-w-16">
          <DayVolume asset={asset} /> <span className="text-faint">{info.base}</span>
        </Figure>
      </dl>
    </div>
  )
}

function fundingName(hours: number): string {
  return t`Funding (${hours}h)`
}

function Figure({ name, width, children }: { name: string; width: string; children: ReactNode }) {
  return (
    <div className={width}>
      <dt className="text-2xs whitespace-nowrap text-faint">{name}</dt>
      <dd className="text-xs leading-4 whitespace-nowrap">{children}</dd>
    </div>
  )
}
