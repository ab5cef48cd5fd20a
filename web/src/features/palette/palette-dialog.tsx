import { t } from '@lingui/core/macro'
import { Search } from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { Command } from '@/commands'
import { noteCommand, recentCommands } from '@/features/palette/recent'
import { type Listed, listed } from '@/features/palette/search'
import { cx } from '@/ui/class-names'

type PaletteDialogProps = { commands: readonly Command[]; onClose: () => void }

/** A search over everything that the page can do. The arrow keys and Enter choose. */
export function PaletteDialog({ commands, onClose }: PaletteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const [recent] = useState(recentCommands)
  const groups = useMemo(() => listed(commands, query, recent), [commands, query, recent])
  const flat = groups.flatMap((group) => group.commands)
  const chosen = flat[Math.min(active, flat.length - 1)]
  const chosenId = chosen?.id ?? ''

  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  useEffect(() => {
    document.querySelector(`#command-${CSS.escape(chosenId)}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosenId])

  function run(command: Command): void {
    noteCommand(command.id)
    // The page gets its focus back before the command may move it.
    dialog.current?.close()
    command.run()
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && flat.length > 0) {
      event.preventDefault()
      setActive((Math.min(active, flat.length - 1) + step + flat.length) % flat.length)
    }
    if (event.key === 'Enter' && chosen) {
      event.preventDefault()
      run(chosen)
    }
  }

  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- a click on the backdrop; Escape does the same
    <dialog
      ref={dialog}
      aria-label={t`Search`}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current.close()
      }}
      className="mt-[12dvh] mb-auto w-full max-w-[min(36rem,calc(100vw-1rem))] overflow-hidden rounded-xl border border-edge bg-panel p-0 text-ink shadow-2xl backdrop:bg-[#000a] open:animate-appear"
    >
      <div className="flex max-h-[70dvh] flex-col">
        <div className="flex h-12 shrink-0 items-center gap-2.5 border-b border-line px-4">
          <Search size={16} className="text-faint" aria-hidden />
          <input
            role="combobox"
            aria-label={t`Search markets, pages and actions`}
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={chosen && `command-${chosen.id}`}
            autoComplete="off"
            spellCheck={false}
            placeholder={t`Search markets, pages and actions`}
            value={query}
            onChange={(event) => {
              setQuery(event.target.value)
              setActive(0)
            }}
            onKeyDown={onKeyDown}
            className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-faint"
          />
          <kbd className="rounded border border-edge px-1.5 text-2xs text-faint">
            {t({ message: 'Esc', context: 'key' })}
          </kbd>
        </div>
        <div
          id="palette-list"
          role="listbox"
          aria-label={t`Results`}
          className="min-h-0 flex-1 overflow-y-auto p-1.5"
        >
          {groups.map(({ title, commands: of }) => (
            <div key={title} role="group" aria-label={titleOf(title)}>
              <div aria-hidden className="px-2.5 pt-2 pb-1 text-2xs text-faint">
                {titleOf(title)}
              </div>
              {of.map((command) => (
                <Option
                  key={command.id}
                  command={command}
                  isActive={command === chosen}
                  onPoint={() => setActive(flat.indexOf(command))}
                  onRun={() => run(command)}
                />
              ))}
            </div>
          ))}
          {flat.length === 0 && <p className="p-4 text-center text-soft">{t`Nothing found`}</p>}
        </div>
      </div>
    </dialog>
  )
}

function titleOf(title: Listed['title']): string {
  return {
    Recent: t({ message: 'Recent', context: 'commands' }),
    Actions: t`Actions`,
    Markets: t`Markets`,
    Pages: t`Pages`,
    Layout: t`Layout`,
    Account: t`Account`,
  }[title]
}

type OptionProps = {
  command: Command
  isActive: boolean
  onPoint: () => void
  onRun: () => void
}

function Option({ command, isActive, onPoint, onRun }: OptionProps) {
  return (
    <button
      id={`command-${command.id}`}
      type="button"
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      onClick={onRun}
      onPointerMove={onPoint}
      className={cx(
        'flex min-h-9 w-full items-center justify-between gap-3 rounded-md px-2.5 text-left text-sm',
        isActive && 'bg-hover',
      )}
    >
      <span className="min-w-0 truncate">
        {command.label}
        {command.detail && <span className="pl-2 text-xs text-faint">{command.detail}</span>}
      </span>
      {command.keys && (
        <kbd className="shrink-0 rounded border border-edge px-1.5 text-2xs text-soft">
          {command.keys}
        </kbd>
      )}
    </button>
  )
}
