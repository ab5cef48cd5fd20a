import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { Link, useSearchParams } from 'wouter'
import { RegisterForm } from '@/features/auth/register-form'
import { FormPage } from '@/pages/form-page'
import { nextPath, paths } from '@/paths'
import { useMe } from '@/session'
import { useTitle } from '@/ui/use-title'

/** Registration: of somebody new, or of a guest, who keeps the account. */
export function RegisterPage() {
  const isGuest = useMe()?.guest ?? false
  const title = isGuest ? t`Keep this account` : t`Register`
  useTitle(title)
  const [search] = useSearchParams()
  const next = nextPath(search)
  return (
    <FormPage
      title={title}
      below={
        <Trans>
          Already registered?{' '}
          <Link to={paths.signInThen(next)} className="text-accent underline">
            Sign in
          </Link>
        </Trans>
      }
    >
      <p className="mb-5 text-soft">
        {isGuest
          ? t`Add an email and a password. Your balance, positions, orders and history stay as they are.`
          : t`Your account starts with virtual dollars. No real money is involved.`}
      </p>
      <RegisterForm next={next} />
    </FormPage>
  )
}
