/** What the palette can do: each part of a page offers its commands while it is shown. */

import { useEffect, useRef } from 'react'
import { createStore } from '@/store'

export const COMMAND_GROUPS = ['Actions', 'Markets', 'Pages', 'Layout', 'Account'] as const
export type CommandGroup = (typeof COMMAND_GROUPS)[number]

export type Command = {
  /** Names the command among the recent ones. */
  id: string
  group: CommandGroup
  label: string
  /** What is shown beside the label. */
  detail?: string
  /** Other words by which it is found. */
  words?: string
  /** The key that does the same. */
  keys?: string
  run: () => void
}

/** Whether the palette is open. */
export const paletteOpen = createStore(false)

export function openPalette(): void {
  paletteOpen.set(true)
}

type Source = () => readonly Command[]

const sources = new Set<Source>()

/** Returns the commands that the page offers now. */
export function offeredCommands(): Command[] {
  return [...sources].flatMap((source) => source())
}

/** Offers commands while the component is shown. */
export function useCommands(commands: readonly Command[]): void {
  const current = useRef(commands)
  useEffect(() => {
    current.current = commands
  })
  useEffect(() => {
    const source: Source = () => current.current
    sources.add(source)
    return () => void sources.delete(source)
  }, [])
}
