import { t } from '@lingui/core/macro'
import { mulDiv, SCALE, toPixel } from '@/decimal'
import type { Preview } from '@/features/ticket/previews'
import * as format from '@/format'
import type { Account } from '@/trading/account'
import { cx } from '@/ui/class-names'

type MarginHealthProps = { preview: Preview | null; account: Account | null }

/** The way to liquidation at which the bar is full, as a ratio of the price. */
const FULL = SCALE / 5n
const [NEAR, CLOSE] = [SCALE / 100n, SCALE / 20n]

/** How far the position would be from its liquidation, and how much of the account it would bind. */
export function MarginHealth({ preview, account }: MarginHealthProps) {
  const away = preview?.liquidation === 0n ? FULL : (preview?.away ?? null)
  const share = away === null ? 0n : away > FULL ? SCALE : mulDiv(away, SCALE, FULL, 'floor')
  const percent = Math.round(toPixel(share) * 100)
  const words = wordsOf(preview)
  const bound = boundShare(preview, account)
  return (
    <div className="flex flex-col gap-1 text-xs">
      <div className="flex items-baseline justify-between gap-2">
        <span className="text-faint">{t`Distance to liquidation`}</span>
        <span className="text-ink" data-testid="away">
          {words}
        </span>
      </div>
      <div
        role="meter"
        aria-label={t`Distance to liquidation`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words}
        className="h-1.5 overflow-hidden rounded-full bg-hover"
      >
        <div className={cx('h-full rounded-full', toneOf(away))} style={{ width: `${percent}%` }} />
      </div>
      {bound !== null && (
        <p className="flex justify-between gap-2 text-faint">
          <span>{t`Account margin in use after it`}</span>
          <span className="text-ink" data-testid="bound">
            {format.percent(bound)}
          </span>
        </p>
      )}
    </div>
  )
}

function wordsOf(preview: Preview | null): string {
  if (!preview) return format.UNKNOWN
  return preview.liquidation === 0n ? t`Never liquidated` : format.percent(preview.away)
}

function toneOf(away: bigint | null): string {
  if (away === null) return 'bg-edge'
  if (away < NEAR) return 'bg-down'
  return away < CLOSE ? 'bg-warn' : 'bg-up'
}

/** The share of the account's money that is margin or reserved once the order is filled. */
function boundShare(preview: Preview | null, account: Account | null): bigint | null {
  if (!preview || !account) return null
  const whole = account.free + account.usedMargin + account.reserved - preview.fee
  const bound = account.usedMargin + account.reserved + preview.margin
  if (whole <= 0n || bound > whole) return null
  return mulDiv(bound, SCALE, whole, 'ceiling')
}
