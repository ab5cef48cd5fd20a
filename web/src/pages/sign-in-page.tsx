import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { GuestNotice } from '@/features/auth/guest-notice'
import { MagicLinkForm } from '@/features/auth/magic-link-form'
import { ReasonNotice } from '@/features/auth/reason-notice'
import { SignInForm } from '@/features/auth/sign-in-form'
import { FormPage } from '@/pages/form-page'
import { nextPath, paths } from '@/paths'
import { useMe } from '@/session'
import { Tabs } from '@/ui/tabs'
import { useTitle } from '@/ui/use-title'

type Way = 'password' | 'link'

export function SignInPage() {
  useTitle(t`Sign in`)
  const isGuest = useMe()?.guest ?? false
  const [search] = useSearchParams()
  const reason = search.get('reason')
  // A user whose emailed link failed wants a new link.
  const [way, setWay] = useState<Way>(reason?.startsWith('link-') ? 'link' : 'password')
  const next = nextPath(search)
  return (
    <FormPage
      title={t`Sign in`}
      below={
        <Trans>
          New here?{' '}
          <Link to={paths.registerThen(next)} className="text-accent underline">
            Register
          </Link>
        </Trans>
      }
    >
      <ReasonNotice reason={reason} />
      <GuestNotice next={next} />
      <Tabs<Way>
        label={t`How to sign in`}
        value={way}
        onChange={setWay}
        className={reason || isGuest ? 'mt-4 gap-5' : 'gap-5'}
        tabs={[
          {
            value: 'password',
            label: t`Password`,
            content: <SignInForm next={next} onForgotten={() => setWay('link')} />,
          },
          { value: 'link', label: t`Sign-in link`, content: <MagicLinkForm /> },
        ]}
      />
    </FormPage>
  )
}
