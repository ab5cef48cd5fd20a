import { t } from '@lingui/core/macro'
import { priceAnd, sizeWords } from '@/features/positions/words'
import { assetInfo } from '@/markets'
import type { Position } from '@/trading/account'
import { levelsOf } from '@/trading/levels'
import { useAccount } from '@/trading/queries'
import { Badge } from '@/ui/badge'

/** The asset, side and leverage of a position. */
export function PositionLabel({ position }: { position: Position }) {
  const { orderType, leverage } = position
  const isLong = orderType === 'LONG'
  return (
    <span className="inline-flex items-center gap-2">
      <span className="font-medium text-ink">{assetInfo(position.asset).base}</span>
      <Badge tone={isLong ? 'up' : 'down'}>
        {isLong ? t`Long ${leverage}×` : t`Short ${leverage}×`}
      </Badge>
    </span>
  )
}

/** The size with its unit, which goes below it where the column is narrow. */
export function Size({ position: { asset, qty } }: { position: Position }) {
  return <span className="inline-block leading-4 whitespace-normal">{sizeWords(asset, qty)}</span>
}

/**
 * A button that shows take-profit and stop-loss, in two lines where it is narrow, and opens their
 * dialog.
 */
export function ExitsButton({ position, onEdit }: { position: Position; onEdit: () => void }) {
  const { takeProfit, stopLoss, asset } = position
  const { base } = assetInfo(asset)
  const [profitAt, lossAt] = [priceAnd(asset, takeProfit), priceAnd(asset, stopLoss)]
  const orders = useAccount().data?.orders ?? []
  const more = levelsOf(position, orders).filter(({ order }) => order !== null).length
  return (
    <button
      type="button"
      onClick={onEdit}
      className="inline-flex min-h-7 flex-wrap items-center gap-x-1.5 rounded border border-line px-2 leading-4 hover:border-edge hover:bg-hover"
    >
      <span className="sr-only">{t`Edit TP / SL of ${base}:`}</span>
      <span className={takeProfit === null ? 'text-faint' : 'text-up'}>
        {t`TP ${profitAt}`}
        <span className="text-faint"> /</span>
      </span>
      <span className={stopLoss === null ? 'text-faint' : 'text-down'}>{t`SL ${lossAt}`}</span>
      {more > 0 && (
        <span className="text-faint">
          +{more}
          <span className="sr-only"> {t`further levels`}</span>
        </span>
      )}
    </button>
  )
}
