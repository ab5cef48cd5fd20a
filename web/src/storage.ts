/** Values stored in the browser. Works without storage, but then forgets them. */

const PREFIX = 'velox.'

type Keeper = () => Storage

/** Storage shared by all tabs, kept after they are closed. */
const forBrowser: Keeper = () => localStorage
/** Storage of one tab, kept across reloads. */
export const forTab: Keeper = () => sessionStorage

export function load<T>(
  key: string,
  isValid: (value: unknown) => value is T,
  fallback: T,
  keeper = forBrowser,
): T {
  try {
    const value: unknown = JSON.parse(keeper().getItem(PREFIX + key) ?? 'null')
    return isValid(value) ? value : fallback
  } catch {
    return fallback
  }
}

export function save(key: string, value: unknown, keeper = forBrowser): void {
  try {
    keeper().setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // Storage is full or disabled: the page works, but forgets the value.
  }
}

/** Calls back when another tab has saved the value. Returns a function that ends it. */
export function onSaved(key: string, listener: () => void): () => void {
  const hear = (event: StorageEvent) => {
    if (event.key === PREFIX + key) listener()
  }
  window.addEventListener('storage', hear)
  return () => window.removeEventListener('storage', hear)
}
