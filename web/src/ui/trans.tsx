import { i18n } from '@lingui/core'
import { I18nProvider, Trans as TransInContext, type TransProps } from '@lingui/react'

/** A text with elements in it. The macro `Trans` becomes this one, which needs no provider around the page. */
export function Trans(props: TransProps) {
  return (
    <I18nProvider i18n={i18n}>
      <TransInContext {...props} />
    </I18nProvider>
  )
}
