import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'

type MenuChoicesProps<T extends string> = {
  value: T
  onChange: (value: T) => void
  options: readonly { value: T; label: ReactNode }[]
}

/** Items of a menu of which one is chosen. */
export function MenuChoices<T extends string>({ value, onChange, options }: MenuChoicesProps<T>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <DropdownMenu.RadioItem
          key={option.value}
          value={option.value}
          className="flex w-full cursor-pointer items-center gap-2 rounded px-2.5 py-1.5 outline-none select-none data-[highlighted]:bg-hover"
        >
          <span className="inline-flex w-4">
            <DropdownMenu.ItemIndicator>
              <Check size={14} className="text-accent" aria-hidden />
            </DropdownMenu.ItemIndicator>
          </span>
          {option.label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}
