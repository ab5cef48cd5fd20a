import { readLeverage } from '@/features/ticket/evaluate'
import { AmountField } from '@/ui/field'
import { Slider } from '@/ui/slider'

type LeverageFieldProps = {
  text: string
  max: number
  problem: string | null
  onChange: (text: string) => void
}

/** The highest leverage of any market. */
const LEVERAGE_MAX = 100

export function LeverageField({ text, max, problem, onChange }: LeverageFieldProps) {
  // A size that allows less than the typed leverage leaves the slider at its end.
  const leverage = Math.min(readLeverage(text, LEVERAGE_MAX) ?? 1, max)
  return (
    <div className="flex flex-col gap-1.5">
      <AmountField
        label="Leverage"
        dense
        inputMode="numeric"
        value={text}
        problem={problem}
        onText={onChange}
        unit="×"
      />
      {max > 1 && (
        <Slider
          label="Leverage"
          value={leverage}
          min={1}
          max={max}
          valueText={`${leverage} times`}
          onChange={(next) => onChange(String(next))}
        />
      )}
      <div className="flex justify-between">
        {marks(max).map((mark) => (
          <button
            key={mark}
            type="button"
            aria-label={`Leverage ${mark} times`}
            onClick={() => onChange(String(mark))}
            className="-mx-1 rounded px-1 py-0.5 text-2xs text-faint hover:bg-hover hover:text-ink"
          >
            {mark}×
          </button>
        ))}
      </div>
    </div>
  )
}

const SHARES = [0.1, 0.25, 0.5, 0.75]

/** Returns the leverages with a button: 1, shares of the maximum as round numbers, the maximum. */
export function marks(max: number): number[] {
  const round = (mark: number) => (mark < 10 ? Math.round(mark) : 5 * Math.round(mark / 5))
  const between = SHARES.map((share) => round(max * share)).filter((mark) => mark > 1 && mark < max)
  return [...new Set([1, ...between, max])]
}
