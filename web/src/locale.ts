/** The language of the page: the user's choice, or else the first of the browser's that is known. */

import { i18n } from '@lingui/core'
import { load, save } from '@/storage'

export const LOCALES = ['en', 'de', 'es', 'zh'] as const
export type Locale = (typeof LOCALES)[number]

/** The names of the languages, each in itself. */
export const LOCALE_NAMES: Record<Locale, string> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  zh: '中文',
}

/** A group of texts that is loaded at once. */
export type Catalog = 'trade' | 'account' | 'help'

const isLocale = (value: unknown): value is Locale => LOCALES.some((locale) => locale === value)

/** The user's choice; null for the browser's language. */
const chosen = (): Locale | null => load<Locale | null>('locale', isLocale, null)

/** Returns the first language that is known, by its primary tag: `de-AT` is `de`. */
export function knownLocale(languages: readonly string[]): Locale {
  return languages.map((tag) => tag.toLowerCase().split('-')[0]).find(isLocale) ?? 'en'
}

export const locale: Locale = chosen() ?? knownLocale(navigator.languages)

const catalogs = import.meta.glob<{ messages: Record<string, string> }>('./locales/*/*.po')

/** Loads a group of texts in the page's language. Await it before anything is shown. */
export async function loadTexts(catalog: Catalog): Promise<void> {
  const found = await catalogs[`./locales/${locale}/${catalog}.po`]?.()
  if (!found) throw new Error(`no texts ${catalog} in ${locale}`)
  i18n.load(locale, found.messages)
  i18n.activate(locale)
  document.documentElement.lang = locale
}

/** Waits for a chunk, and loads the texts beside it that only its parts of the page have. */
export async function withTexts<Module>(chunk: Promise<Module>, catalog: Catalog): Promise<Module> {
  const [loaded] = await Promise.all([chunk, loadTexts(catalog)])
  return loaded
}

/** Keeps the choice and shows the page anew in it, since texts are not only in components. */
export function changeLocale(next: Locale): void {
  save('locale', next)
  location.reload()
}
