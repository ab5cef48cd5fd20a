import { t } from '@lingui/core/macro'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'

type DialogProps = {
  open: boolean
  onClose: () => void
  title: ReactNode
  children: ReactNode
  wide?: boolean
}

/**
 * A modal dialog, built on the browser's own: it traps the focus, makes the page inert and closes
 * on Escape. Radix's dialog writes a style element into the page, which the content security policy
 * forbids. The element marked with `data-first` gets the focus.
 */
export function Dialog({ open, onClose, title, children, wide = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()

  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    if (open && !dialog.open) {
      dialog.showModal()
      // By default the browser focuses the first button, which is the close button.
      dialog.querySelector<HTMLElement>('[data-first]')?.focus()
    }
    if (!open && dialog.open) dialog.close()
  }, [open])

  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- a click on the backdrop; Escape does the same
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose()
      }}
      className={cx(
        'w-full max-w-[calc(100vw-2rem)] rounded-xl border border-edge bg-panel p-0 text-ink shadow-2xl backdrop:bg-[#000a] open:animate-appear',
        wide ? 'sm:max-w-2xl' : 'sm:max-w-md',
      )}
    >
      {open && (
        <div className="flex max-h-[85dvh] flex-col">
          <header className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
            <h2 id={titleId} className="text-sm font-semibold">
              {title}
            </h2>
            <IconButton label={t({ message: 'Close', context: 'dialog' })} onClick={onClose}>
              <X size={16} />
            </IconButton>
          </header>
          <div className="overflow-y-auto p-4">{children}</div>
        </div>
      )}
    </dialog>
  )
}
