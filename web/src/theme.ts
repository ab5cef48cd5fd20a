/** Dark or light. `public/theme.js` applies the choice before the first paint. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

export type Theme = 'dark' | 'light'

const isTheme = (value: unknown): value is Theme => value === 'dark' || value === 'light'

export const theme = createStore<Theme>(load('theme', isTheme, 'dark'))

theme.subscribe(() => {
  document.documentElement.dataset.theme = theme.get()
  save('theme', theme.get())
})

export function toggleTheme(): void {
  theme.set((current) => (current === 'dark' ? 'light' : 'dark'))
}
