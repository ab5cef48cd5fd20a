import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { closedByEscape, SURFACE } from '@/ui/menu'
import { cx } from '@/ui/class-names'

type PointMenuProps = {
  /** Where it opens, in pixels from the corner of the positioned parent; null while it is closed. */
  at: { x: number; y: number } | null
  onClose: () => void
  label: string
  children: ReactNode
}

/** A menu at a point, such as of a right click. Like `Menu`, it is not modal. */
export function PointMenu({ at, onClose, label, children }: PointMenuProps) {
  const before = useRef<Element | null>(null)
  return (
    <DropdownMenu.Root
      modal={false}
      open={at !== null}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose()
      }}
    >
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          aria-label={label}
          tabIndex={-1}
          className="pointer-events-none absolute size-0 opacity-0"
          style={{ left: at?.x ?? 0, top: at?.y ?? 0 }}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          ref={(content) => {
            if (content) before.current ??= document.activeElement
          }}
          align="start"
          sideOffset={6}
          collisionPadding={8}
          onKeyDown={closedByEscape(onClose)}
          onCloseAutoFocus={(event) => {
            // Where it was: the invisible trigger has no place for the focus.
            event.preventDefault()
            if (before.current instanceof HTMLElement) before.current.focus()
            before.current = null
          }}
          className={cx(SURFACE, 'min-w-52 p-1')}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
