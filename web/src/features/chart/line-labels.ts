/**
 * The labels of lines as elements over the chart, so that they can be reached with the keyboard and
 * be read aloud. Only what has changed is written.
 */

import { cx } from '@/ui/class-names'

export type Tone = 'up' | 'down' | 'warn' | 'accent' | 'plain'

/** What a label is: a handle of a line, a list of several, an arrow to one, or just words. */
export type LabelRole = 'handle' | 'list' | 'arrow' | 'words'

export type LabelSpec = {
  id: string
  /** The height of its centre. */
  at: number
  role: LabelRole
  tone: Tone
  text: string
  figure: string
  figureTone: Tone
  /** What is read aloud after the words. */
  detail: string
  /** The name of the button that removes the line; empty without one. */
  removal: string
  hint: string
  isBold: boolean
  hasBell: boolean
}

/** A price on the axis. */
export type TagSpec = { id: string; at: number; tone: Tone; text: string }

const BORDERS: Record<Tone, string> = {
  up: 'border-up text-up',
  down: 'border-down text-down',
  warn: 'border-warn text-warn',
  accent: 'border-accent text-accent',
  plain: 'border-edge text-soft',
}

const TEXTS: Record<Tone, string> = {
  up: 'text-up',
  down: 'text-down',
  warn: 'text-warn',
  accent: 'text-accent',
  plain: 'text-soft',
}

const FILLS: Record<Tone, string> = {
  up: 'bg-up-fill text-white',
  down: 'bg-down-fill text-white',
  warn: 'bg-warn text-ground',
  accent: 'bg-accent text-accent-ink',
  plain: 'bg-edge text-ink',
}

/** The names of the layer's parts for the events that it gets. */
export type Part = 'grip' | 'remove' | 'list' | 'arrow'

/** Returns the part of a label that an event is about. */
export function partOf(target: EventTarget | null): { part: Part; id: string } | null {
  const button = target instanceof Element ? target.closest<HTMLElement>('[data-part]') : null
  const id = button?.closest<HTMLElement>('[data-line]')?.dataset.line
  return button && id !== undefined ? { part: button.dataset.part as Part, id } : null
}

/** The labels in an element that covers the price pane. */
export class LabelLayer {
  readonly #root: HTMLElement
  readonly #hintId: string
  readonly #labels = new Map<string, LabelElement>()
  readonly #tags = new Map<string, TagElement>()

  constructor(root: HTMLElement, hintId: string) {
    this.#root = root
    this.#hintId = hintId
  }

  /** Fits the layer to the pane. */
  fit(width: number, height: number, axisWidth: number): void {
    const { style } = this.#root
    const [w, h, axis] = [`${width}px`, `${height}px`, `${axisWidth}px`]
    if (style.width !== w) style.width = w
    if (style.height !== h) style.height = h
    if (style.getPropertyValue('--axis') !== axis) style.setProperty('--axis', axis)
  }

  show(labels: readonly LabelSpec[], tags: readonly TagSpec[]): void {
    reconcile(this.#labels, labels, ({ role }) => new LabelElement(role, this.#hintId), this.#root)
    reconcile(this.#tags, tags, () => new TagElement(), this.#root)
  }

  /** Moves the focus to a label. Returns whether it is there. */
  focus(id: string): boolean {
    this.#labels.get(id)?.focus()
    return this.#labels.has(id)
  }

  clear(): void {
    this.show([], [])
  }
}

type Shown<S> = { element: HTMLElement; write(spec: S): boolean }

/** Makes, writes and removes elements so that there is one for each of `specs`. */
function reconcile<S extends { id: string }, E extends Shown<S>>(
  shown: Map<string, E>,
  specs: readonly S[],
  make: (spec: S) => E,
  root: HTMLElement,
): void {
  const ids = new Set(specs.map(({ id }) => id))
  for (const [id, { element }] of shown) {
    if (ids.has(id)) continue
    element.remove()
    shown.delete(id)
  }
  for (const spec of specs) {
    const known = shown.get(spec.id)
    if (known?.write(spec)) continue
    // It has become something else, such as a list of what was one line.
    known?.element.remove()
    const made = make(spec)
    made.write(spec)
    shown.set(spec.id, made)
    root.append(made.element)
  }
}

class LabelElement {
  readonly element = document.createElement('div')
  readonly #role: LabelRole
  readonly #main: HTMLElement
  readonly #text = document.createElement('span')
  readonly #detail = document.createElement('span')
  readonly #figure = document.createElement('span')
  #remove: HTMLButtonElement | null = null
  #spec: LabelSpec | null = null

  constructor(role: LabelRole, hintId: string) {
    this.#role = role
    this.#main = role === 'words' ? document.createElement('span') : button()
    this.#main.className = MAINS[role]
    if (role !== 'words') this.#main.dataset.part = role === 'handle' ? 'grip' : role
    if (role === 'handle') this.#main.setAttribute('aria-describedby', hintId)
    this.#detail.className = 'sr-only'
    this.#main.append(this.#text, this.#detail, this.#figure)
    this.element.append(this.#main)
  }

  /** Returns false for a spec that this element can't show. */
  write(spec: LabelSpec): boolean {
    if (spec.role !== this.#role) return false
    const before = this.#spec
    this.#spec = spec
    if (before?.id !== spec.id) this.element.dataset.line = spec.id
    if (before?.at !== spec.at) place(this.element, spec.at)
    if (before?.tone !== spec.tone || before.isBold !== spec.isBold) {
      this.element.className = cx(LABEL, BORDERS[spec.tone], spec.isBold && 'z-10 shadow-lg')
    }
    if (before?.text !== spec.text) this.#text.textContent = spec.text
    if (before?.hasBell !== spec.hasBell && spec.hasBell) this.#text.before(bell())
    if (before?.figure !== spec.figure) this.#figure.textContent = spec.figure
    if (before?.figureTone !== spec.figureTone) {
      this.#figure.className = cx('tabular-nums empty:hidden', TEXTS[spec.figureTone])
    }
    if (before?.detail !== spec.detail) this.#detail.textContent = spec.detail
    if (before?.hint !== spec.hint) this.#main.title = spec.hint
    if (before?.removal !== spec.removal) this.#writeRemoval(spec.removal)
    return true
  }

  focus(): void {
    this.#main.focus()
  }

  #writeRemoval(removal: string): void {
    if (removal === '') {
      this.#remove?.remove()
      this.#remove = null
      return
    }
    if (!this.#remove) {
      this.#remove = button()
      this.#remove.className = REMOVE
      this.#remove.dataset.part = 'remove'
      this.#remove.textContent = '×'
      this.element.append(this.#remove)
    }
    this.#remove.ariaLabel = removal
    this.#remove.title = removal
  }
}

const LABEL =
  'pointer-events-auto absolute top-0 right-6 flex h-5 max-w-[75%] items-stretch overflow-hidden rounded-sm border bg-panel text-2xs leading-none whitespace-nowrap select-none pointer-coarse:h-7'
const MAIN =
  'flex min-w-0 items-center gap-1.5 overflow-hidden px-1.5 focus-visible:-outline-offset-2'
const MAINS: Record<LabelRole, string> = {
  handle: `${MAIN} cursor-ns-resize touch-none`,
  list: MAIN,
  arrow: MAIN,
  words: `${MAIN} cursor-default`,
}
const REMOVE =
  'flex w-5 shrink-0 items-center justify-center border-l border-current/40 text-sm leading-none hover:bg-hover focus-visible:-outline-offset-2 pointer-coarse:w-7'

class TagElement {
  readonly element = document.createElement('div')
  #spec: TagSpec | null = null

  constructor() {
    this.element.ariaHidden = 'true'
  }

  write(spec: TagSpec): boolean {
    const before = this.#spec
    this.#spec = spec
    if (before?.at !== spec.at) place(this.element, spec.at)
    if (before?.tone !== spec.tone) this.element.className = cx(TAG, FILLS[spec.tone])
    if (before?.text !== spec.text) this.element.textContent = spec.text
    return true
  }
}

const TAG =
  'pointer-events-none absolute top-0 left-full flex h-4.5 w-[var(--axis)] items-center overflow-hidden rounded-r-sm px-1.5 text-2xs tabular-nums'

function place(element: HTMLElement, at: number): void {
  element.style.transform = `translateY(calc(${at}px - 50%))`
}

function button(): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  return made
}

const SVG = 'http://www.w3.org/2000/svg'
const BELL = 'M10.3 21a2 2 0 0 0 3.4 0M6 8a6 6 0 0 1 12 0c0 7 3 9 3 9H3s3-2 3-9'

function bell(): SVGElement {
  const icon = document.createElementNS(SVG, 'svg')
  const attributes = { viewBox: '0 0 24 24', width: '11', height: '11', fill: 'none' }
  for (const [name, value] of Object.entries(attributes)) icon.setAttribute(name, value)
  icon.setAttribute('stroke', 'currentColor')
  icon.setAttribute('stroke-width', '2.4')
  icon.ariaHidden = 'true'
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', BELL)
  icon.append(path)
  return icon
}
