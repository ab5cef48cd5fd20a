import { t } from '@lingui/core/macro'
import { Search } from 'lucide-react'
import { openPalette } from '@/commands'
import { cx } from '@/ui/class-names'

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The keys that open the palette. */
export const PALETTE_KEYS = isMac ? '⌘ K' : 'Ctrl K'

/** The button that opens the palette, with its keys. */
export function SearchButton({ className }: { className?: string }) {
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={openPalette}
      className={cx(
        'inline-flex h-8 shrink-0 items-center gap-2 rounded-md border border-line px-2.5 text-xs text-soft transition-colors hover:border-edge hover:text-ink',
        className,
      )}
    >
      <Search size={14} aria-hidden />
      {t({ message: 'Search', context: 'button' })}
      <kbd className="rounded border border-edge px-1 text-2xs text-faint">{PALETTE_KEYS}</kbd>
    </button>
  )
}
