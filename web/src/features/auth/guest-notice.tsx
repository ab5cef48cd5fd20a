import { Trans } from '@lingui/react/macro'
import { Link } from 'wouter'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { Notice } from '@/ui/notice'

/** Warns a guest on the sign-in page that nobody can return to a guest's account. */
export function GuestNotice({ next }: { next: string }) {
  if (!useMe()?.guest) return null
  return (
    <Notice tone="info">
      <Trans>
        Signing in to another account leaves your guest account, with its positions and history, for
        good.{' '}
        <Link to={paths.registerThen(next)} className="underline">
          Add an email to keep it
        </Link>
      </Trans>
    </Notice>
  )
}
