import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, Search } from 'lucide-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { DayChange, DayVolume, LastPrice } from '@/features/markets/live-figures'
import { type Asset, type AssetInfo, assetInfo, markets } from '@/markets'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'
import { Popover } from '@/ui/menu'

type AssetSelectProps = { asset: Asset; onAsset: (asset: Asset) => void }

/** Selects an asset by search text; the arrow keys and Enter choose. */
export function AssetSelect({ asset, onAsset }: AssetSelectProps) {
  const [isOpen, setIsOpen] = useState(false)
  const { base, quote } = assetInfo(asset)
  const choose = (chosen: Asset) => {
    onAsset(chosen)
    setIsOpen(false)
  }
  return (
    <Popover
      label="Assets"
      open={isOpen}
      onOpenChange={setIsOpen}
      className="w-[min(26rem,calc(100vw-1rem))] p-2"
      trigger={
        <button
          type="button"
          className="flex h-10 shrink-0 items-center gap-1.5 rounded-md px-2 text-base font-semibold hover:bg-hover"
        >
          <span className="sr-only">Asset:</span>
          {base}
          <span className="font-normal text-faint">{quote}</span>
          <ChevronDown size={16} className="text-faint" />
        </button>
      }
    >
      <AssetList current={asset} onChoose={choose} />
    </Popover>
  )
}

/** The height of an option, in pixels. */
const OPTION_HEIGHT = 52
const OVERSCAN = 4

/** The list of all markets. Only visible options are rendered, since there may be thousands. */
function AssetList({ current, onChoose }: { current: Asset; onChoose: (asset: Asset) => void }) {
  const list = useStore(markets)
  const box = useRef<HTMLDivElement>(null)
  const [text, setText] = useState('')
  const found = list.filter((info) => matches(info, text))
  const [active, setActive] = useState(() => list.findIndex(({ asset }) => asset === current))
  const index = Math.min(Math.max(active, 0), found.length - 1)
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoizes this component
  const virtualizer = useVirtualizer({
    count: found.length,
    getScrollElement: () => box.current,
    estimateSize: () => OPTION_HEIGHT,
    overscan: OVERSCAN,
    initialOffset: () => index * OPTION_HEIGHT,
  })

  function search(next: string): void {
    setText(next)
    setActive(0)
    virtualizer.scrollToOffset(0)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && found.length > 0) {
      event.preventDefault()
      const next = (index + step + found.length) % found.length
      setActive(next)
      virtualizer.scrollToIndex(next)
    }
    const chosen = found[index]
    if (event.key === 'Enter' && chosen) onChoose(chosen.asset)
  }

  return (
    <>
      <div className="flex h-9 items-center gap-2 rounded-md border border-edge bg-ground px-2.5 focus-within:border-accent">
        <Search size={14} className="text-faint" aria-hidden />
        <input
          role="combobox"
          aria-label="Search assets"
          aria-expanded
          aria-controls="asset-list"
          aria-activedescendant={found[index] && `asset-${found[index].asset}`}
          placeholder="Search"
          value={text}
          onChange={(event) => search(event.target.value)}
          onKeyDown={onKeyDown}
          className="min-w-0 flex-1 bg-transparent outline-none"
        />
      </div>
      <div
        ref={box}
        id="asset-list"
        role="listbox"
        aria-label="Assets"
        className="mt-2 max-h-[min(26rem,60dvh)] overflow-y-auto"
      >
        <div
          role="presentation"
          className="relative"
          style={{ height: virtualizer.getTotalSize() }}
        >
          {virtualizer.getVirtualItems().map(({ index: row, start }) => {
            const info = found[row]
            return (
              info && (
                <button
                  key={info.asset}
                  id={`asset-${info.asset}`}
                  type="button"
                  role="option"
                  tabIndex={-1}
                  aria-selected={info.asset === current}
                  aria-posinset={row + 1}
                  aria-setsize={found.length}
                  onClick={() => onChoose(info.asset)}
                  onPointerMove={() => setActive(row)}
                  style={{ top: start }}
                  className={cx(
                    'absolute grid h-[52px] w-full grid-cols-[1fr_auto_4.5rem_4.5rem] items-center gap-3 rounded-md px-2.5 text-left text-xs',
                    row === index && 'bg-hover',
                  )}
                >
                  <span className="min-w-0">
                    <span className="block text-sm font-medium">
                      {info.base} <span className="font-normal text-faint">{info.quote}</span>
                    </span>
                    <span className="block truncate text-faint">{info.name}</span>
                  </span>
                  <LastPrice asset={info.asset} className="text-right" />
                  <DayChange asset={info.asset} className="text-right" />
                  <DayVolume asset={info.asset} className="text-right text-faint" />
                </button>
              )
            )
          })}
        </div>
        {found.length === 0 && <p className="p-3 text-center text-soft">No assets found</p>}
      </div>
    </>
  )
}

function matches({ asset, name }: AssetInfo, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  return asset.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted)
}
