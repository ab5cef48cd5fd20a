import { ASSETS, type Asset } from '@/assets'
import { DayChange, DayVolume, LastPrice } from '@/features/markets/live-figures'
import { cx } from '@/ui/class-names'

type MarketListProps = { asset: Asset; onAsset: (asset: Asset) => void }

/** All assets with their prices; the pressed one is shown on the chart. */
export function MarketList({ asset, onAsset }: MarketListProps) {
  return (
    <ul aria-label="Markets" className="grid gap-px bg-line sm:grid-cols-3">
      {ASSETS.map((info) => (
        <li key={info.asset} className="bg-panel">
          <button
            type="button"
            aria-pressed={info.asset === asset}
            onClick={() => onAsset(info.asset)}
            className={cx(
              'grid w-full grid-cols-[1fr_auto] gap-x-3 border-b-2 px-4 py-3 text-left transition-colors hover:bg-raised focus-visible:-outline-offset-2',
              info.asset === asset ? 'border-accent' : 'border-transparent',
            )}
          >
            <span className="text-sm font-semibold">
              {info.base} <span className="font-normal text-faint">{info.name}</span>
            </span>
            <LastPrice asset={info.asset} className="text-right text-base font-semibold" />
            <span className="text-xs text-faint">
              24h volume <DayVolume asset={info.asset} />
            </span>
            <DayChange asset={info.asset} className="text-right text-xs" />
          </button>
        </li>
      ))}
    </ul>
  )
}
