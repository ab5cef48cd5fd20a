/**
 * The dark or light theme: the user's choice, or the operating system's. `public/theme.js` applies it
 * before the first paint.
 */

import { t } from '@lingui/core/macro'
import { load, save } from '@/storage'
import { createStore } from '@/store'

export type Theme = 'dark' | 'light'
export type ThemeChoice = Theme | 'system'

const isTheme = (value: unknown): value is Theme => value === 'dark' || value === 'light'

export const THEMES: readonly ThemeChoice[] = ['system', 'light', 'dark']

const system = matchMedia('(prefers-color-scheme: light)')
const ofSystem = (): Theme => (system.matches ? 'light' : 'dark')

/** The user's choice; the system's theme until there is one. */
export const themeChoice = createStore<ThemeChoice>(load<ThemeChoice>('theme', isTheme, 'system'))

const chosen = (): Theme => {
  const choice = themeChoice.get()
  return choice === 'system' ? ofSystem() : choice
}

export const theme = createStore<Theme>(chosen())

/** Returns the colours of an element by name, which a canvas can't take from CSS variables. */
export function palette(element: Element = document.documentElement): (name: string) => string {
  const style = getComputedStyle(element)
  return (name) => style.getPropertyValue(`--v-${name}`).trim()
}

const apply = () => {
  document.documentElement.dataset.theme = theme.get()
  // The colour of the browser's own bars around an installed page.
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', palette()('panel'))
}
apply()
theme.subscribe(apply)

system.addEventListener('change', () => theme.set(chosen()))

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.set(choice)
  save('theme', choice === 'system' ? null : choice)
  theme.set(chosen())
}

/** Chooses the other one of the two themes. */
export function toggleTheme(): void {
  chooseTheme(theme.get() === 'dark' ? 'light' : 'dark')
}

/** Returns the choice after this one, for a button that goes through them. */
export function nextTheme(choice: ThemeChoice): ThemeChoice {
  return THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length] ?? 'system'
}

/** The names of the choices, in the page's language: they are known once its texts are loaded. */
export const THEME_NAMES: Readonly<Record<ThemeChoice, string>> = {
  get system() {
    return t`As the system`
  },
  get light() {
    return t({ message: 'Light', context: 'theme' })
  },
  get dark() {
    return t({ message: 'Dark', context: 'theme' })
  },
}
