import type { ReactNode } from 'react'
import { Group, Panel as ResizablePanel, Separator, useDefaultLayout } from 'react-resizable-panels'

type PanelsProps = { id: string; orientation: 'horizontal' | 'vertical'; children: ReactNode }

/** Panels with splitters between them, whose positions are remembered. */
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
  /** Keeps the panel's size when the window is resized. */
  keepsSize?: boolean
  children: ReactNode
}

export function Panel({ id, initial, min, keepsSize = false, children }: PanelProps) {
  return (
    <ResizablePanel
      // The library derives an id and a test id from it, which must be unique on the page.
      id={`panel-${id}`}
      minSize={min}
      groupResizeBehavior={keepsSize ? 'preserve-pixel-size' : 'preserve-relative-size'}
      {...(initial ? { defaultSize: initial } : {})}
      // The page itself never scrolls; a panel's content may.
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
