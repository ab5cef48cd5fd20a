/**
 * The dark or light theme: the operating system's until the user chooses one. `public/theme.js`
 * applies it before the first paint.
 */

import { load, save } from '@/storage'
import { createStore } from '@/store'

export type Theme = 'dark' | 'light'

const isTheme = (value: unknown): value is Theme => value === 'dark' || value === 'light'

const system = matchMedia('(prefers-color-scheme: light)')
const ofSystem = (): Theme => (system.matches ? 'light' : 'dark')

/** The user's choice; null if there is none. */
const chosen = (): Theme | null => load<Theme | null>('theme', isTheme, null)

export const theme = createStore<Theme>(chosen() ?? ofSystem())

const apply = () => {
  document.documentElement.dataset.theme = theme.get()
}
apply()
theme.subscribe(apply)

system.addEventListener('change', () => {
  if (chosen() === null) theme.set(ofSystem())
})

export function toggleTheme(): void {
  theme.set((current) => (current === 'dark' ? 'light' : 'dark'))
  save('theme', theme.get())
}
