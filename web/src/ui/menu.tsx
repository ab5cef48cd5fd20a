import { DropdownMenu, Popover as RadixPopover } from 'radix-ui'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { cx } from '@/ui/class-names'
import { SwitchTrack } from '@/ui/switch'

export const SURFACE =
  'z-40 rounded-lg border border-edge bg-panel text-sm text-ink shadow-2xl animate-appear'

/**
 * Closes a menu by Escape itself: Radix gives the key to the layer that came last, which is a toast
 * that appeared since the menu was opened.
 */
export function closedByEscape(close: () => void) {
  return ({ key }: KeyboardEvent) => {
    if (key === 'Escape') close()
  }
}

type MenuProps = { trigger: ReactNode; children: ReactNode; align?: 'start' | 'end' }

/**
 * A drop-down menu. It is not modal: a modal one locks scrolling by writing a style element into
 * the page, which the content security policy forbids.
 */
export function Menu({ trigger, children, align = 'end' }: MenuProps) {
  const [open, setOpen] = useState(false)
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          onKeyDown={closedByEscape(() => setOpen(false))}
          className={cx(SURFACE, 'min-w-52 p-1')}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

const ITEM =
  'flex w-full cursor-pointer items-center gap-2 rounded px-2.5 py-1.5 outline-none select-none data-[highlighted]:bg-hover data-[disabled]:opacity-50'

type MenuItemProps = {
  onSelect: () => void
  children: ReactNode
  /** Keeps the menu open, for items that can be pressed repeatedly. */
  keepOpen?: boolean
}

export function MenuItem({ onSelect, children, keepOpen = false }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      className={ITEM}
      onSelect={(event) => {
        if (keepOpen) event.preventDefault()
        onSelect()
      }}
    >
      {children}
    </DropdownMenu.Item>
  )
}

type MenuCheckProps = {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}

export function MenuCheck({ checked, onChange, children }: MenuCheckProps) {
  return (
    <DropdownMenu.CheckboxItem
      className={ITEM}
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <SwitchTrack checked={checked} />
      {children}
    </DropdownMenu.CheckboxItem>
  )
}

type MenuChoiceProps<T extends string> = {
  /** The name of the choice for screen readers. */
  label: string
  value: T
  options: readonly { value: T; label: ReactNode }[]
  onChange: (value: T) => void
}

/** A choice of one among several. */
export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: MenuChoiceProps<T>) {
  return (
    <DropdownMenu.RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
    >
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span aria-hidden className="flex size-3.5 shrink-0 items-center justify-center">
            <DropdownMenu.ItemIndicator className="size-1.5 rounded-full bg-accent" />
          </span>
          {option.label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2.5 py-1.5 text-xs text-faint">{children}</DropdownMenu.Label>
  )
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}

type PopoverProps = {
  trigger: ReactNode
  children: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  align?: 'start' | 'center' | 'end'
  className?: string
  label: string
}

export function Popover({
  trigger,
  children,
  open: given,
  onOpenChange,
  align = 'start',
  className,
  label,
}: PopoverProps) {
  const [isOpen, setIsOpen] = useState(false)
  const change = onOpenChange ?? setIsOpen
  return (
    <RadixPopover.Root open={given ?? isOpen} onOpenChange={change}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          onKeyDown={closedByEscape(() => change(false))}
          className={cx(SURFACE, className)}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  )
}
