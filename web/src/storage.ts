/** What a browser remembers of this site, and what happens when it may not. */

const PREFIX = 'velox.'

type Keeper = () => Storage

/** For all tabs, and for longer than one of them is open. */
const forBrowser: Keeper = () => localStorage
/** For one tab, over its reloads. */
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
    // Storage is full or off: the page works, it only forgets.
  }
}

/** Hears when another tab has saved this. */
export function onSaved(key: string, listener: () => void): void {
  window.addEventListener('storage', (event) => {
    if (event.key === PREFIX + key) listener()
  })
}
