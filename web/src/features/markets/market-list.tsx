import { plural, t } from '@lingui/core/macro'
import { AssetSelect } from '@/features/markets/asset-select'
import { DayChange, DayVolume, LastPrice } from '@/features/markets/live-figures'
import { type Asset, markets } from '@/markets'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'

type MarketListProps = { asset: Asset; onAsset: (asset: Asset) => void }

/** The number of markets with a tile; the others are found by search. */
const TILES_MAX = 12

/** The markets with their prices; the pressed one is shown on the chart. */
export function MarketList({ asset, onAsset }: MarketListProps) {
  const list = useStore(markets)
  const count = list.length
  return (
    <>
      <ul
        aria-label={t`Markets`}
        className="flex flex-wrap gap-px overflow-y-auto bg-line max-sm:max-h-56"
      >
        {list.slice(0, TILES_MAX).map((info) => (
          <li key={info.asset} className="grow basis-72 bg-panel">
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
                {t`24h volume`} <DayVolume asset={info.asset} />
              </span>
              <DayChange asset={info.asset} className="text-right text-xs" />
            </button>
          </li>
        ))}
      </ul>
      {list.length > TILES_MAX && (
        <div className="flex items-center justify-between border-t border-line bg-panel px-2 py-1">
          <AssetSelect asset={asset} onAsset={onAsset} />
          <span className="px-2 text-xs text-faint">
            {plural(count, { one: '# market', other: '# markets' })}
          </span>
        </div>
      )}
    </>
  )
}
