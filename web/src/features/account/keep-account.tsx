import { useHere } from '@/navigation'
import { t } from '@lingui/core/macro'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { LinkButton } from '@/ui/link-button'

/** The link by which a guest keeps the account; nothing for others. */
export function KeepAccountButton() {
  const next = useKeepPath()
  if (next === null) return null
  return (
    <LinkButton to={next} look="primary" size="sm">
      {t`Keep this account`}
    </LinkButton>
  )
}

/** The same with an explanation, as a line of a page. */
export function KeepAccountStrip() {
  const next = useKeepPath()
  if (next === null) return null
  return (
    <aside
      aria-label={t`Guest account`}
      className="flex min-h-9 shrink-0 items-center justify-between gap-3 bg-panel px-3 py-1 text-xs"
    >
      <span>{t`You trade as a guest.`}</span>
      <LinkButton to={next} look="primary" size="sm">
        {t`Keep this account: add an email`}
      </LinkButton>
    </aside>
  )
}

/** Returns the path at which a guest registers and comes back; null for others. */
export function useKeepPath(): string | null {
  const here = useHere()
  return useMe()?.guest ? paths.registerThen(here) : null
}
