import { t } from '@lingui/core/macro'
import { notionalCapAt, notionalForMoney } from '@/costs'
import { LEVERAGE_ID } from '@/features/ticket/field-ids'
import { readLeverage } from '@/features/ticket/size'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { AmountField } from '@/ui/field'
import { Slider } from '@/ui/slider'

type LeverageFieldProps = {
  text: string
  info: AssetInfo
  /** The highest leverage at the typed size. */
  max: number
  free: bigint | null
  problem: string | null
  onChange: (text: string) => void
}

/** The highest leverage of any market. */
const LEVERAGE_MAX = 100

export function LeverageField({ text, info, max, free, problem, onChange }: LeverageFieldProps) {
  // A size that allows less than the typed leverage leaves the slider at its end.
  const read = readLeverage(text, LEVERAGE_MAX)
  const leverage = Math.min(read ?? 1, max)
  return (
    <div className="flex flex-col gap-1.5">
      <AmountField
        label={t`Leverage`}
        id={LEVERAGE_ID}
        dense
        inputMode="numeric"
        value={text}
        problem={problem}
        hint={read === null ? null : highest(info, read, free)}
        onText={onChange}
        unit="×"
      />
      {max > 1 && (
        <Slider
          label={t`Leverage`}
          value={leverage}
          min={1}
          max={max}
          valueText={t`${leverage} times`}
          onChange={(next) => onChange(String(next))}
          className="max-lg:h-11"
        />
      )}
      <div className="flex justify-between max-lg:-mt-3">
        {marks(max).map((mark) => (
          <button
            key={mark}
            type="button"
            aria-label={t`Leverage ${mark} times`}
            onClick={() => onChange(String(mark))}
            className="-mx-1 min-h-6 rounded px-1 text-2xs text-faint hover:bg-hover hover:text-ink max-lg:min-w-11"
          >
            {mark}×
          </button>
        ))}
      </div>
    </div>
  )
}

/** The highest value of a position: by the market's brackets and by the free margin. */
function highest(info: AssetInfo, leverage: number, free: bigint | null): string | null {
  const cap = notionalCapAt(info, leverage)
  const own = free === null ? null : notionalForMoney(free, leverage, info.takerFeePpm)
  if (own !== null && cap !== null) {
    const [highest, affordable] = [format.compact(cap), format.compact(own)]
    return t`Highest position ${highest} USD, affordable ${affordable}`
  }
  const known = own ?? cap
  if (known === null) return null
  const highest = format.usd(known)
  return t`Highest position ${highest} USD`
}

const SHARES = [0.1, 0.25, 0.5, 0.75]

/** Returns the leverages with a button: 1, shares of the maximum as round numbers, the maximum. */
export function marks(max: number): number[] {
  const round = (mark: number) => (mark < 10 ? Math.round(mark) : 5 * Math.round(mark / 5))
  const between = SHARES.map((share) => round(max * share)).filter((mark) => mark > 1 && mark < max)
  return [...new Set([1, ...between, max])]
}
