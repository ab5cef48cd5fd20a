import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { openPalette, paletteOpen } from '@/commands'
import { withTexts } from '@/locale'
import { useStore } from '@/store'

const Palette = lazy(async () => ({
  default: (await withTexts(import('@/pages/palette'), 'account')).Palette,
}))

/** Every page, with the palette that Ctrl+K or Cmd+K opens over it. */
export function PaletteHost({ children }: { children: ReactNode }) {
  const isOpen = useStore(paletteOpen)
  useEffect(() => {
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      {children}
      {isOpen && (
        <Suspense>
          <Palette />
        </Suspense>
      )}
    </>
  )
}

function onKey(event: KeyboardEvent): void {
  const isKey = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)
  if (!isKey || event.altKey || event.shiftKey) return
  // Browsers search with it, too.
  event.preventDefault()
  // A dialog waits for an answer; another one over it would hide the question.
  if (!document.querySelector('dialog[open]')) openPalette()
}
