import { plural, t } from '@lingui/core/macro'
import { useEffect, useState } from 'react'
import type { Fill } from '@/api/schema'
import type { FillMark, FillMarks } from '@/features/chart/fill-marks'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { Moment } from '@/time-zone'
import { cx } from '@/ui/class-names'

/** The number of fills that are listed one by one. */
const LISTED_MAX = 6

type Tip = { x: number; y: number; mark: FillMark }

/** What the mark of fills under the pointer stands for. */
export function FillTip({ marks, chart }: { marks: FillMarks; chart: HTMLElement }) {
  const [tip, setTip] = useState<Tip | null>(null)
  useEffect(() => {
    const end = new AbortController()
    const look = ({ clientX, clientY }: PointerEvent) => {
      const box = chart.getBoundingClientRect()
      const spot = marks.at(clientX - box.left, clientY - box.top)
      setTip((shown) => (shown?.mark === spot?.mark ? shown : spot))
    }
    const options = { signal: end.signal }
    chart.addEventListener('pointermove', look, options)
    // A tap has no move before it.
    chart.addEventListener('pointerdown', look, options)
    chart.addEventListener(
      'pointerleave',
      ({ pointerType }) => {
        if (pointerType !== 'touch') setTip(null)
      },
      options,
    )
    return () => end.abort()
  }, [chart, marks])
  if (!tip) return null
  const { fills, side } = tip.mark
  const rest = fills.length - LISTED_MAX
  const isLeft = tip.x > chart.clientWidth / 2
  const isTop = tip.y > chart.clientHeight / 2
  return (
    <div
      role="tooltip"
      className={cx(
        'pointer-events-none absolute z-30 rounded-md border border-edge bg-raised px-2.5 py-1.5 text-xs whitespace-nowrap shadow-lg',
        isLeft ? '-translate-x-[calc(100%+1rem)]' : 'translate-x-4',
        isTop && '-translate-y-full',
      )}
      style={{ left: tip.x, top: tip.y }}
    >
      {fills.length > 1 && <Total mark={tip.mark} />}
      {fills.slice(0, LISTED_MAX).map((fill) => (
        <Row key={fill.fillId} fill={fill} />
      ))}
      {rest > 0 && (
        <p className="text-faint">
          {side === 'BUY'
            ? plural(rest, { one: '# more buy', other: '# more buys' })
            : plural(rest, { one: '# more sell', other: '# more sells' })}
        </p>
      )}
    </div>
  )
}

/** The fills of a candle taken together. */
function Total({ mark: { side, fills } }: { mark: FillMark }) {
  const count = fills.length
  const asset = fills[0]?.asset ?? ''
  const qty = fills.reduce((sum, { qtyInt }) => sum + BigInt(qtyInt), 0n)
  return (
    <p className="flex gap-2 font-medium tabular-nums">
      <span className={side === 'BUY' ? 'text-up' : 'text-down'}>
        {side === 'BUY'
          ? plural(count, { one: '# buy', other: '# buys' })
          : plural(count, { one: '# sell', other: '# sells' })}
      </span>
      {format.qty(asset, qty)} {assetInfo(asset).base}
    </p>
  )
}

function Row({
  fill: { asset, side, qtyInt, priceInt, realizedPnLInt, executedAt },
}: {
  fill: Fill
}) {
  const gain = BigInt(realizedPnLInt)
  const price = format.price(asset, BigInt(priceInt))
  return (
    <p className="flex gap-2 tabular-nums">
      <span className={cx('font-medium', side === 'BUY' ? 'text-up' : 'text-down')}>
        {side === 'BUY'
          ? t({ message: 'Buy', context: 'side' })
          : t({ message: 'Sell', context: 'side' })}
      </span>
      <span>
        {format.qty(asset, BigInt(qtyInt))} {assetInfo(asset).base}
      </span>
      <span>{t`at ${price}`}</span>
      {gain !== 0n && (
        <span className={gain < 0n ? 'text-down' : 'text-up'}>{format.signedUsd(gain)} USD</span>
      )}
      <span className="text-faint">
        <Moment at={executedAt} />
      </span>
    </p>
  )
}
