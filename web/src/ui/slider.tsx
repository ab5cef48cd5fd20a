import { Slider as RadixSlider } from 'radix-ui'
import { cx } from '@/ui/class-names'

type SliderProps = {
  label: string
  value: number
  min: number
  max: number
  step?: number
  onChange: (value: number) => void
  valueText?: string
  className?: string
}

export function Slider({
  label,
  value,
  min,
  max,
  step = 1,
  onChange,
  valueText,
  className,
}: SliderProps) {
  return (
    <RadixSlider.Root
      value={[value]}
      min={min}
      max={max}
      step={step}
      onValueChange={([next]) => {
        if (next !== undefined) onChange(next)
      }}
      className={cx('relative flex h-5 w-full touch-none items-center select-none', className)}
    >
      <RadixSlider.Track className="relative h-1 grow rounded-full bg-edge">
        <RadixSlider.Range className="absolute h-full rounded-full bg-accent" />
      </RadixSlider.Track>
      <RadixSlider.Thumb
        aria-label={label}
        aria-valuetext={valueText}
        className="block size-4 rounded-full border-2 border-accent bg-panel shadow transition-transform hover:scale-110"
      />
    </RadixSlider.Root>
  )
}
