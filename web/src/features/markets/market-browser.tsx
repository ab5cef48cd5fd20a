import { i18n } from '@lingui/core'
import { t } from '@lingui/core/macro'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, Search } from 'lucide-react'
import { type KeyboardEvent, type Ref, useRef, useState } from 'react'
import { favourites } from '@/features/markets/favourites'
import { CELLS, COLUMNS } from '@/features/markets/market-cells'
import { type MarketColumn, pressed } from '@/features/markets/market-order'
import { MarketRowView, ROW_HEIGHT } from '@/features/markets/market-row'
import { changeView, marketView, useMarketRows } from '@/features/markets/market-view'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'
import { Segmented } from '@/ui/tabs'

type MarketBrowserProps = {
  /** The market that the page shows, which is marked. */
  current?: Asset
  onChoose: (asset: Asset) => void
  /** The address of a market, where the names are links. */
  hrefOf?: (asset: Asset) => string
  searchRef?: Ref<HTMLInputElement>
  className?: string
}

const OVERSCAN = 4

/**
 * All markets with their figures, by search, tab and order. The focus stays in the search field,
 * from where the arrow keys and Enter choose. Only visible rows are rendered, since there may be
 * thousands.
 */
export function MarketBrowser(props: MarketBrowserProps) {
  const { current, onChoose, hrefOf, searchRef, className } = props
  const box = useRef<HTMLDivElement>(null)
  const [text, setText] = useState('')
  const rows = useMarketRows(text)
  const { tab } = useStore(marketView)
  const starCount = useStore(favourites).size
  const [active, setActive] = useState(() => rows.findIndex(({ info }) => info.asset === current))
  const index = Math.min(Math.max(active, 0), rows.length - 1)
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoizes this component
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    initialOffset: () => index * ROW_HEIGHT,
  })

  function search(next: string): void {
    setText(next)
    setActive(0)
    virtualizer.scrollToOffset(0)
  }

  function move(to: number): void {
    setActive(to)
    virtualizer.scrollToIndex(to)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && rows.length > 0) {
      event.preventDefault()
      move((index + step + rows.length) % rows.length)
    }
    const chosen = rows[index]
    if (event.key === 'Enter' && chosen) onChoose(chosen.info.asset)
  }

  return (
    <div className={cx('flex min-h-0 flex-col', className)}>
      <div className="flex shrink-0 items-center gap-2">
        <label className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md border border-edge bg-ground px-2.5 focus-within:border-accent">
          <Search size={14} className="shrink-0 text-faint" aria-hidden />
          <input
            ref={searchRef}
            role="combobox"
            aria-label={t`Search assets`}
            aria-expanded
            aria-haspopup="grid"
            aria-controls="market-grid"
            aria-activedescendant={rows[index] && `asset-${rows[index].info.asset}`}
            autoComplete="off"
            spellCheck={false}
            placeholder={t`Search`}
            value={text}
            onChange={(event) => search(event.target.value)}
            onKeyDown={onKeyDown}
            className="min-w-0 flex-1 bg-transparent outline-none"
          />
        </label>
        <Segmented
          label={t`Shown markets`}
          value={tab}
          onChange={(next) => changeView({ tab: next })}
          options={[
            { value: 'all', label: t({ message: 'All', context: 'markets' }) },
            { value: 'favourites', label: t`Favourites (${starCount})` },
          ]}
        />
      </div>
      <div className="@container mt-2 flex min-h-0 flex-1 flex-col">
        <div
          id="market-grid"
          role="grid"
          aria-label={t`Markets`}
          aria-rowcount={rows.length + 1}
          className="flex min-h-0 flex-1 flex-col"
        >
          <Headings />
          <div ref={box} role="rowgroup" className="min-h-0 flex-1 overflow-y-auto">
            <div
              role="presentation"
              className="relative"
              style={{ height: virtualizer.getTotalSize() }}
            >
              {virtualizer.getVirtualItems().map(({ index: at, start }) => {
                const row = rows[at]
                return (
                  row && (
                    <MarketRowView
                      key={row.info.asset}
                      row={row}
                      place={{ at, top: start }}
                      isActive={at === index}
                      isCurrent={row.info.asset === current}
                      href={hrefOf?.(row.info.asset)}
                      onChoose={() => onChoose(row.info.asset)}
                      onPoint={() => setActive(at)}
                    />
                  )
                )
              })}
            </div>
          </div>
        </div>
        {rows.length === 0 && (
          <p className="flex-1 p-3 text-center text-soft">
            {tab === 'favourites' && text === ''
              ? t`No favourites yet. Star a market to find it here.`
              : t`No assets found`}
          </p>
        )}
      </div>
    </div>
  )
}

function Headings() {
  return (
    <div role="rowgroup" className="shrink-0">
      <div
        role="row"
        aria-rowindex={1}
        className={cx(COLUMNS, 'h-8 items-center border-b border-line px-2 text-2xs text-faint')}
      >
        <span role="columnheader">
          <span className="sr-only">{t`Favourite`}</span>
        </span>
        <Heading by="name" label={t({ message: 'Market', context: 'instrument' })} />
        {CELLS.map(({ key, label, shown }) =>
          key === 'course' ? (
            <span key={key} role="columnheader" className={cx('text-right', shown)}>
              {i18n._(label)}
            </span>
          ) : (
            <Heading key={key} by={key} label={i18n._(label)} className={cx('text-right', shown)} />
          ),
        )}
      </div>
    </div>
  )
}

type HeadingProps = { by: MarketColumn; label: string; className?: string }

function Heading({ by, label, className }: HeadingProps) {
  const { sort } = useStore(marketView)
  const direction = sort.by === by ? (sort.descending ? 'descending' : 'ascending') : undefined
  const Arrow = direction === 'ascending' ? ArrowUp : ArrowDown
  return (
    <span
      role="columnheader"
      aria-sort={direction}
      className={cx('min-w-0 whitespace-nowrap', className)}
    >
      <button
        type="button"
        onClick={() => changeView({ sort: pressed(sort, by) })}
        className="inline-flex items-center gap-0.5 hover:text-ink"
      >
        {label}
        {direction && <Arrow size={11} aria-hidden />}
      </button>
    </span>
  )
}
