/** The choice of the page's language. Each is named in itself, for those who can't read the page. */

import { t } from '@lingui/core/macro'
import { Languages } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { changeLocale, type Locale, LOCALE_NAMES, locale, LOCALES } from '@/locale'
import { IconButton } from '@/ui/button'
import { Menu } from '@/ui/menu'

/** The languages in a row of a menu. */
export function LanguageItems() {
  return (
    <div className="flex items-center gap-2 px-2.5 py-1">
      <Languages size={15} className="shrink-0" aria-hidden />
      <DropdownMenu.RadioGroup
        aria-label={t`Language`}
        value={locale}
        onValueChange={(next) => choose(next as Locale)}
        className="-ml-1.5 flex"
      >
        {LOCALES.map((each) => (
          <DropdownMenu.RadioItem
            key={each}
            value={each}
            lang={each}
            className="cursor-pointer rounded px-1.5 py-0.5 text-xs text-soft outline-none select-none data-[highlighted]:bg-hover data-[highlighted]:text-ink data-[state=checked]:font-medium data-[state=checked]:text-accent"
          >
            {LOCALE_NAMES[each]}
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </div>
  )
}

/** A button with a menu of the languages, for pages without the menu of the account. */
export function LanguageMenu({ className = '' }: { className?: string }) {
  return (
    <Menu
      trigger={
        <IconButton label={t`Language`} className={className}>
          <Languages size={16} />
        </IconButton>
      }
    >
      <LanguageItems />
    </Menu>
  )
}

/** The languages as a row of the phone's settings. */
export function LanguageField({ className = '' }: { className?: string }) {
  return (
    <label className={className}>
      <Languages size={16} className="text-faint" aria-hidden />
      <span className="flex-1">{t`Language`}</span>
      <select
        value={locale}
        onChange={({ target }) => choose(target.value as Locale)}
        className="h-8 rounded-md bg-panel text-right text-accent"
      >
        {LOCALES.map((each) => (
          <option key={each} value={each} lang={each}>
            {LOCALE_NAMES[each]}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The page is shown anew only for another language. */
function choose(next: Locale): void {
  if (next !== locale) changeLocale(next)
}
