import { readLeverage } from '@/features/ticket/evaluate'
import { LEVERAGE_MAX } from '@/rules'
import { AmountField } from '@/ui/field'
import { Slider } from '@/ui/slider'

type LeverageFieldProps = {
  text: string
  problem: string | null
  onChange: (text: string) => void
}

const MARKS = [1, 10, 25, 50, 75, 100]

export function LeverageField({ text, problem, onChange }: LeverageFieldProps) {
  const leverage = readLeverage(text) ?? 1
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
      <Slider
        label="Leverage"
        value={leverage}
        min={1}
        max={LEVERAGE_MAX}
        valueText={`${leverage} times`}
        onChange={(next) => onChange(String(next))}
      />
      <div className="flex justify-between">
        {MARKS.map((mark) => (
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
