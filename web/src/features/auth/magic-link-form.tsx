import { t } from '@lingui/core/macro'
import { emailProblem } from '@/account-rules'
import { fieldProblem } from '@/api/errors'
import { Failure, useWait } from '@/failure'
import { useMagicLink } from '@/features/auth/queries'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { useFormProblems } from '@/ui/use-form-problems'

/** The form that requests a sign-in link by email. */
export function MagicLinkForm() {
  const link = useMagicLink()
  const wait = useWait(link)
  const { form, problemOf } = useFormProblems(
    { email: ({ email }) => emailProblem(email) },
    ({ email }) => link.mutate(email.trim()),
  )
  return (
    <form className="flex flex-col gap-4" aria-label={t`Sign in with a link`} {...form}>
      <Field
        label={t`Email`}
        name="email"
        type="email"
        autoComplete="username"
        problem={problemOf('email', fieldProblem(link.error, 'email'))}
        hint={t`We’ll email you a link that signs you in once.`}
      />
      {link.isSuccess && <Notice tone="success">{link.data.message}</Notice>}
      <Failure error={link.error} wait={wait} fields={['email']} />
      <Button type="submit" look="primary" size="lg" pending={link.isPending} disabled={wait > 0}>
        {link.isSuccess ? t`Send another link` : t`Email me a link`}
      </Button>
    </form>
  )
}
