/**
 * The notation of numbers in the page's language. Inside, texts of numbers have English notation
 * (`1,234.5`): drafts, parsing and requests. They are converted where they are shown or typed.
 */

import { type Locale, locale as ofPage } from '@/locale'

/** The languages that write 1.234,5 where English has 1,234.5. */
const COMMA_LOCALES: ReadonlySet<Locale> = new Set(['de', 'es'])

const SWAPPED: Record<string, string> = { '.': ',', ',': '.' }

/**
 * Converts a number's text from English notation to that of a language, or back: the two signs
 * change places, so that each text, also an unfinished one, has exactly one counterpart.
 */
export function inNotation(text: string, locale: Locale = ofPage): string {
  if (!COMMA_LOCALES.has(locale)) return text
  return text.replace(/[.,]/g, (sign) => SWAPPED[sign] ?? sign)
}
