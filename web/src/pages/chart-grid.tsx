import { t } from '@lingui/core/macro'
import { Plus, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ChartPanel } from '@/features/chart/chart-panel'
import { AssetSelect } from '@/features/markets/asset-select'
import { DayChange, LastPrice } from '@/features/markets/live-figures'
import { type Asset, listedOrFirst, markets } from '@/markets'
import { type Cell, CELLS_MAX, changeLayout, firstCells, layout } from '@/pages/trade-layout'
import { useStore } from '@/store'
import { propose } from '@/trading/proposal'
import { Button, IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { useKeys } from '@/ui/use-keys'

type ChartGridProps = { asset: Asset; onAsset: (asset: Asset) => void }

/**
 * Up to four charts, each with its own market and timeframe. The market of the active one is that of
 * the page, which the order form is about.
 */
export function ChartGrid({ asset, onAsset }: ChartGridProps) {
  const list = useStore(markets)
  const { cells: kept } = useStore(layout)
  // Those of a new grid stay until one is changed, whatever the page shows by then.
  const [first] = useState(() => firstCells(asset, list))
  const cells = kept.length > 0 ? kept : first
  const [chosen, setChosen] = useState(() => cells.findIndex((cell) => cell.asset === asset))
  const active = Math.min(Math.max(chosen, 0), cells.length - 1)
  const change = (next: readonly Cell[]) => changeLayout({ cells: next })
  const changeCell = (at: number, part: Partial<Cell>) =>
    change(cells.map((cell, n) => (n === at ? { ...cell, ...part } : cell)))

  const [listOf, setListOf] = useState<number | null>(null)
  useKeys({ '/': () => setListOf(active) })

  // The page's market is also changed from elsewhere: the active chart shows it.
  const shown = useRef<Asset>(null)
  useEffect(() => {
    if (shown.current === asset) return
    shown.current = asset
    if (cells[active]?.asset !== asset) changeCell(active, { asset })
  })

  function activate(at: number): void {
    const cell = cells[at]
    if (!cell || at === active) return
    setChosen(at)
    onAsset(listedOrFirst(cell.asset))
  }

  function choose(at: number, next: Asset): void {
    changeCell(at, { asset: next })
    setChosen(at)
    onAsset(next)
  }

  function remove(at: number): void {
    change(cells.filter((_, n) => n !== at))
    const next = at === active ? cells[at === 0 ? 1 : 0] : undefined
    if (next) onAsset(listedOrFirst(next.asset))
    setChosen(at === active ? 0 : active - (at < active ? 1 : 0))
  }

  return (
    <div className="flex h-full flex-col gap-px">
      <div
        data-grid
        className={cx(
          'grid min-h-0 flex-1 gap-px',
          cells.length > 1 && 'grid-cols-2',
          cells.length > 2 && 'grid-rows-2',
        )}
      >
        {cells.map((cell, at) => {
          const number = at + 1
          return (
            <section
              // Charts have no name but their place.
              // oxlint-disable-next-line react/no-array-index-key
              key={at}
              aria-label={t`Chart ${number}`}
              aria-current={at === active ? 'true' : undefined}
              onPointerDownCapture={() => activate(at)}
              className={cx(
                'flex min-h-0 min-w-0 flex-col border-t-2 bg-panel',
                at === active ? 'border-accent' : 'border-transparent',
              )}
            >
              <div className="flex h-10 shrink-0 items-center gap-2 border-b border-line pr-1">
                <AssetSelect
                  asset={listedOrFirst(cell.asset)}
                  onAsset={(next) => choose(at, next)}
                  open={listOf === at}
                  onOpenChange={(isOpen) => setListOf(isOpen ? at : null)}
                />
                <LastPrice asset={cell.asset} className="text-sm font-semibold" />
                <DayChange asset={cell.asset} className="text-xs" />
                {cells.length > 1 && (
                  <IconButton
                    label={t`Remove chart ${number}`}
                    className="ml-auto size-7"
                    onPointerDownCapture={(event) => event.stopPropagation()}
                    onClick={() => remove(at)}
                  >
                    <X size={14} />
                  </IconButton>
                )}
              </div>
              <ChartPanel
                asset={listedOrFirst(cell.asset)}
                timeframe={cell.timeframe}
                onTimeframe={(timeframe) => changeCell(at, { timeframe })}
                hasKeys={at === active}
                onDraft={propose}
              />
            </section>
          )
        })}
      </div>
      {cells.length < CELLS_MAX && (
        <div className="flex h-9 shrink-0 items-center justify-end bg-panel px-2">
          <Button
            size="sm"
            look="ghost"
            onClick={() => change([...cells, { asset, timeframe: '15m' }])}
          >
            <Plus size={14} aria-hidden /> {t`Add a chart`}
          </Button>
        </div>
      )}
    </div>
  )
}
