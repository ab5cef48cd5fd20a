/** The commands that change how the page looks. */

import { t } from '@lingui/core/macro'
import type { Command } from '@/commands'
import { changeLocale, LOCALE_NAMES, locale, LOCALES } from '@/locale'
import {
  chooseTheme,
  theme,
  THEME_NAMES,
  type ThemeChoice,
  themeChoice,
  THEMES,
  toggleTheme,
} from '@/theme'

export function settingCommands(): Command[] {
  const look = t({ message: 'dark light colours mode', context: 'search words' })
  const tongue = t({ message: 'language translation', context: 'search words' })
  // Those that change nothing are last, but listed: their names would find what leaves them.
  const changes = (choice: ThemeChoice) => choice !== themeChoice.get() && choice !== theme.get()
  const themes = [...THEMES.filter(changes), ...THEMES.filter((choice) => !changes(choice))]
  return [
    {
      id: 'theme',
      group: 'Actions',
      label: t`Toggle the theme`,
      words: look,
      run: toggleTheme,
    },
    ...themes.map((choice): Command => {
      const name = THEME_NAMES[choice]
      return {
        id: `theme-${choice}`,
        group: 'Layout',
        label: t`Theme: ${name}`,
        words: look,
        run: () => chooseTheme(choice),
      }
    }),
    ...LOCALES.filter((each) => each !== locale).map((each): Command => ({
      id: `language-${each}`,
      group: 'Layout',
      label: LOCALE_NAMES[each],
      detail: t`Language`,
      words: tongue,
      run: () => changeLocale(each),
    })),
  ]
}
