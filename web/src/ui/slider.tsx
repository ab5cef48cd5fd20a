import type { CSSProperties } from 'react'
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

/** A slider: the browser's own, so that keys, touch and screen readers are the browser's, too. */
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
  const share = max > min ? ((value - min) / (max - min)) * 100 : 0
  return (
    <input
      type="range"
      aria-label={label}
      aria-valuetext={valueText}
      value={value}
      min={min}
      max={max}
      step={step}
      onChange={(event) => onChange(event.target.valueAsNumber)}
      style={{ '--share': `${share}%` } as CSSProperties}
      className={cx('slider h-5 w-full min-w-0', className)}
    />
  )
}
