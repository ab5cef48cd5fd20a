/**
 * Keeps the focus on the page. A button that goes by its own act, such as one that cancels an order,
 * takes the focus with it, and browsers then leave it at the body: the next Tab begins at the top.
 */

/** What can be reached by Tab; disabled ones too, which keep their place in a row. */
const CONTROLS = 'a[href], button, input, select, textarea, [tabindex]'
const ROWS = 'li, tr, [role=row]'
/** What gets the focus where nothing stands in the place of what went. */
const REGIONS = 'section, form, main, dialog, [role=tabpanel], [role=dialog]'

/** The time in which the page itself, a menu say, puts the focus somewhere. */
const WAIT_MS = 50

/** Watches a document. Returns what ends that. */
export function keepFocus(page: Document): () => void {
  /** What has the focus, after what had it before a dialog opened. */
  let trail: Element[] = isNowhere(page) ? [] : [page.activeElement as Element]
  let timer = 0
  /** Whether a page was left, and the next one is not there yet. */
  let isLeaving = false
  /** Whether the focus has moved since a key was pressed. */
  let isMoved = false

  function onFocusIn({ target }: FocusEvent): void {
    if (!(target instanceof Element)) return
    const dialog = target.closest('dialog')
    trail = [...trail.filter((each) => dialog && !dialog.contains(each)), target]
  }

  /** Forgets what the user has left on purpose, by a press beside it. */
  function onFocusOut(): void {
    setTimeout(() => {
      const last = trail.at(-1)
      const isLeft = last?.isConnected && !last.matches(':disabled') && page.hasFocus()
      if (isLeft && isNowhere(page) && timer === 0) trail = []
    })
  }

  function onChange(records: readonly MutationRecord[]): void {
    let isLost = false
    trail = trail.flatMap((each) => {
      const record = records.find((one) => concerns(one, each))
      if (!record) return [each]
      isLost = true
      // What was in a dialog that has gone leads back to what opened it.
      if (each.isConnected || each.closest('dialog')?.isConnected === false) return [each]
      return successor(each, record, records) ?? []
    })
    if (records.some(({ removedNodes }) => mainIn(removedNodes))) isLeaving = true
    const added = isLeaving ? records.flatMap(({ addedNodes }) => mainIn(addedNodes) ?? []) : []
    const next = added.findLast((main) => main.isConnected)
    if (next) {
      isLeaving = false
      if (!trail.at(-1)?.isConnected) trail = [next]
      isLost = true
    }
    if (isLost && timer === 0) timer = window.setTimeout(restore, WAIT_MS)
  }

  function restore(): void {
    timer = 0
    if (!isNowhere(page)) return
    trail = trail.filter((each) => each.isConnected && each.closest('dialog')?.open !== false)
    const last = trail.at(-1)
    // It gets the focus once it is enabled again.
    if (!(last instanceof HTMLElement) || last.matches(':disabled')) return
    if (!last.matches(CONTROLS)) last.tabIndex = -1
    isMoved = true
    last.focus({ preventScroll: true })
  }

  /** Keeps a key that is held down from pressing one button after the other. */
  function onKeyDown(event: KeyboardEvent): void {
    if (!event.repeat) isMoved = false
    else if (isMoved && ['Enter', ' '].includes(event.key)) event.preventDefault()
  }

  const observer = new MutationObserver(onChange)
  observer.observe(page.body, { childList: true, subtree: true, attributeFilter: ['disabled'] })
  page.addEventListener('focusin', onFocusIn)
  page.addEventListener('focusout', onFocusOut)
  page.addEventListener('keydown', onKeyDown, true)
  return () => {
    clearTimeout(timer)
    observer.disconnect()
    page.removeEventListener('focusin', onFocusIn)
    page.removeEventListener('focusout', onFocusOut)
    page.removeEventListener('keydown', onKeyDown, true)
  }
}

const isNowhere = ({ activeElement, body }: Document) =>
  activeElement === null || activeElement === body

/** Returns the content of a page that is among nodes. */
function mainIn(nodes: NodeList): Element | null {
  for (const node of nodes) {
    const main = node instanceof Element && mainOf(node)
    if (main) return main
  }
  return null
}

const mainOf = (element: Element): Element | null =>
  element.matches('main') ? element : element.querySelector('main')

/** Whether a change removed or moved an element, or disabled or enabled it. */
function concerns({ type, target, removedNodes }: MutationRecord, element: Element): boolean {
  if (type === 'attributes') return target === element
  return [...removedNodes].some((node) => node.contains(element))
}

/** Returns what takes the place of an element that was removed; null where the page was left. */
function successor(
  gone: Element,
  { target, removedNodes, previousSibling, nextSibling }: MutationRecord,
  records: readonly MutationRecord[],
): Element | null {
  const removed = [...removedNodes].find((node) => node.contains(gone))
  if (!(removed instanceof Element) || !(target instanceof Element)) return null
  if (mainOf(removed)) return null
  const menu = gone.closest('[role=menu]')
  if (menu) return document.getElementById(menu.getAttribute('aria-labelledby') ?? '')
  const at = controlsIn(removed).indexOf(gone)
  const beside = removed.matches(ROWS) ? [nextSibling, previousSibling] : []
  const added = records.flatMap((each) => (each.target === target ? [...each.addedNodes] : []))
  for (const node of [...beside, ...added]) {
    const controls = node instanceof Element && node.isConnected ? controlsIn(node) : []
    const control = controls[at] ?? controls.at(-1)
    // One press too many must not send a form.
    if (control && !control.matches('[type=submit]')) return control
  }
  return target.closest(REGIONS) ?? document.querySelector('main')
}

function controlsIn(element: Element): Element[] {
  return [element, ...element.querySelectorAll(CONTROLS)].filter(
    (each) => each.matches(CONTROLS) && (each as HTMLElement).tabIndex >= 0,
  )
}
