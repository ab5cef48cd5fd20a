import { Tabs as RadixTabs, ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from '@/ui/class-names'

type Option<T extends string> = { value: T; label: ReactNode; title?: string }

type TabsProps<T extends string> = {
  value: T
  onChange: (value: T) => void
  label: string
  tabs: readonly (Option<T> & { content: ReactNode })[]
  /** Content at the right end of the row of tabs. */
  aside?: ReactNode
  className?: string
}

export function Tabs<T extends string>({
  value,
  onChange,
  label,
  tabs,
  aside,
  className,
}: TabsProps<T>) {
  return (
    <RadixTabs.Root
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className={cx('flex min-h-0 flex-col', className)}
    >
      <div className="flex shrink-0 items-center justify-between gap-2 border-b border-line px-2">
        <RadixTabs.List aria-label={label} className="flex min-w-0 overflow-x-auto">
          {tabs.map((tab) => (
            <RadixTabs.Trigger
              key={tab.value}
              value={tab.value}
              className="h-9 shrink-0 whitespace-nowrap border-b-2 border-transparent px-3 text-sm text-soft transition-colors hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {tab.label}
            </RadixTabs.Trigger>
          ))}
        </RadixTabs.List>
        {aside}
      </div>
      {tabs.map((tab) => (
        <RadixTabs.Content
          key={tab.value}
          value={tab.value}
          className="flex min-h-0 flex-1 flex-col outline-none"
        >
          {tab.content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  )
}

type SegmentedProps<T extends string> = {
  value: T
  onChange: (value: T) => void
  label: string
  options: readonly Option<T>[]
  size?: 'sm' | 'md'
  className?: string
}

/** A choice among a few options, all of them visible. */
export function Segmented<T extends string>({
  value,
  onChange,
  label,
  options,
  size = 'sm',
  className,
}: SegmentedProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      onValueChange={(next) => {
        // Pressing the selected option again must not clear the selection.
        if (next) onChange(next as T)
      }}
      aria-label={label}
      className={cx('inline-flex rounded-md', className)}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          title={option.title}
          className={cx(
            'rounded px-2 whitespace-nowrap text-soft transition-colors hover:text-ink data-[state=on]:bg-hover data-[state=on]:text-ink',
            size === 'sm' ? 'h-7 text-xs' : 'h-9 flex-1 text-sm',
          )}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
