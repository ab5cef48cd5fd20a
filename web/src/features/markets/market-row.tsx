import { t } from '@lingui/core/macro'
import { Star } from 'lucide-react'
import { Link } from 'wouter'
import { favourites, toggleFavourite } from '@/features/markets/favourites'
import { CELLS, COLUMNS } from '@/features/markets/market-cells'
import type { MarketRow } from '@/features/markets/market-order'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'

/** The height of a row, in pixels. */
export const ROW_HEIGHT = 48

type MarketRowProps = {
  row: MarketRow
  /** The number of the row, and its distance from the top of the list. */
  place: { at: number; top: number }
  /** Whether Enter would choose it. */
  isActive: boolean
  isCurrent: boolean
  href: string | undefined
  onChoose: () => void
  onPoint: () => void
}

export function MarketRowView(props: MarketRowProps) {
  const { row, place, isActive, isCurrent, href, onChoose, onPoint } = props
  const { asset, base, quote, name } = row.info
  const title = (
    <>
      {base} <span className="font-normal text-faint">{quote}</span>
    </>
  )
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the search field has the focus and handles the keys
    <div
      id={`asset-${asset}`}
      role="row"
      aria-rowindex={place.at + 2}
      aria-selected={isCurrent}
      onClick={onChoose}
      onPointerMove={onPoint}
      style={{ top: place.top }}
      className={cx(
        COLUMNS,
        'absolute h-12 w-full cursor-pointer items-center rounded-md px-2 text-xs',
        isActive && 'bg-hover',
      )}
    >
      <span role="gridcell">
        <StarButton asset={asset} base={base} isReachable={isActive} />
      </span>
      <span role="gridcell" className="min-w-0">
        <span
          className={cx('block truncate text-sm leading-5 font-medium', isCurrent && 'text-accent')}
        >
          {href === undefined ? (
            title
          ) : (
            <Link to={href} onClick={(event) => event.stopPropagation()} tabIndex={-1}>
              {title}
            </Link>
          )}
        </span>
        <span className="block truncate leading-4 text-faint">{name}</span>
      </span>
      {CELLS.map(({ key, shown, cell }) => (
        <span key={key} role="gridcell" className={cx('text-right whitespace-nowrap', shown)}>
          {cell(row)}
        </span>
      ))}
    </div>
  )
}

type StarButtonProps = { asset: string; base: string; isReachable: boolean }

/** The star of a market. The Tab key reaches that of the active row only. */
function StarButton({ asset, base, isReachable }: StarButtonProps) {
  const isStarred = useStore(favourites).has(asset)
  return (
    <button
      type="button"
      tabIndex={isReachable ? 0 : -1}
      aria-pressed={isStarred}
      aria-label={t`${base} is a favourite`}
      title={isStarred ? t`Remove from favourites` : t`Add to favourites`}
      onClick={(event) => {
        event.stopPropagation()
        toggleFavourite(asset)
      }}
      className="flex size-8 items-center justify-center rounded text-faint hover:text-warn aria-pressed:text-warn"
    >
      <Star size={14} fill={isStarred ? 'currentColor' : 'none'} aria-hidden />
    </button>
  )
}
