import type { OrderSide } from '@/api/schema'
import { buyWord, sellWord } from '@/features/positions/words'
import { type Asset, assetInfo } from '@/markets'
import { cx } from '@/ui/class-names'

/** The asset and the side of an order or of a fill. */
export function OrderLabel({ asset, side }: { asset: Asset; side: OrderSide }) {
  return (
    <>
      <span className="font-medium text-ink">{assetInfo(asset).base}</span>
      <span className={cx('font-medium', side === 'BUY' ? 'text-up' : 'text-down')}>
        {side === 'BUY' ? buyWord() : sellWord()}
      </span>
    </>
  )
}
