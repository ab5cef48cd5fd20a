/** Fields of the chart's dialogs. */

import { useId } from 'react'

type ChoiceProps<T extends string> = {
  label: string
  value: T
  options: readonly (readonly [value: T, name: string])[]
  onChange: (value: T) => void
}

/** A list of which one is chosen: the browser's own, as the policy for styles requires. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-xs text-soft">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={({ target }) => {
          const chosen = options.find(([each]) => each === target.value)
          if (chosen) onChange(chosen[0])
        }}
        className="h-10 rounded-md border border-edge bg-ground px-2 text-ink hover:border-faint"
      >
        {options.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}

type ColourFieldProps = { label: string; value: string; onChange: (value: string) => void }

export function ColourField({ label, value, onChange }: ColourFieldProps) {
  return (
    <label className="flex items-center gap-2 text-xs text-soft">
      <input
        type="color"
        value={value}
        onChange={({ target }) => onChange(target.value)}
        className="h-8 w-10 cursor-pointer rounded border border-edge bg-ground p-0.5"
      />
      {label}
    </label>
  )
}
