import type { ReactNode } from 'react'
import { Group, Panel as ResizablePanel, Separator, useDefaultLayout } from 'react-resizable-panels'

type PanelsProps = { id: string; orientation: 'horizontal' | 'vertical'; children: ReactNode }

/** Panels with splitters between them; where the splitters were left is remembered. */
export function Panels({ id, orientation, children }: PanelsProps) {
  const layout = useDefaultLayout({ id: `velox.panels.${id}`, onlySaveAfterUserInteractions: true })
  return (
    <Group orientation={orientation} className="h-full" {...layout}>
      {children}
    </Group>
  )
}

type PanelProps = {
  id: string
  initial?: string
  min: string
  /** Its size stays the same when the window's changes; the others take the difference. */
  keepsSize?: boolean
  children: ReactNode
}

export function Panel({ id, initial, min, keepsSize = false, children }: PanelProps) {
  return (
    <ResizablePanel
      // The library makes an id and a test id of it, which must not be somebody else’s.
      id={`panel-${id}`}
      minSize={min}
      groupResizeBehavior={keepsSize ? 'preserve-pixel-size' : 'preserve-relative-size'}
      {...(initial ? { defaultSize: initial } : {})}
      // The whole page never scrolls; what is in a panel may.
      className="overflow-hidden"
    >
      {children}
    </ResizablePanel>
  )
}

export function Splitter({ label }: { label: string }) {
  return (
    <Separator
      aria-label={label}
      className="shrink-0 bg-ground transition-colors hover:bg-accent focus-visible:bg-accent focus-visible:outline-none aria-[orientation=horizontal]:h-1 aria-[orientation=vertical]:w-1"
    />
  )
}
