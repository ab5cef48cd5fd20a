import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { fieldProblem } from '@/api/errors'
import { emailProblem } from '@/account-rules'
import { Failure, useWait } from '@/failure'
import { useSignIn } from '@/features/auth/queries'
import { useNavigate } from '@/navigation'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { useFormProblems } from '@/ui/use-form-problems'

type SignInFormProps = {
  next: string
  /** Called when the user has forgotten the password and wants a link. */
  onForgotten: () => void
}

/** The sign-in form with a password. Goes to `next` afterwards. */
export function SignInForm({ next, onForgotten }: SignInFormProps) {
  const navigate = useNavigate()
  const signIn = useSignIn()
  const wait = useWait(signIn)
  const { form, problemOf } = useFormProblems(
    {
      email: ({ email }) => emailProblem(email),
      password: ({ password }) => (password ? null : t`Enter your password`),
    },
    (values) => {
      signIn.mutate(
        { ...values, email: values.email.trim() },
        { onSuccess: () => navigate(next, { replace: true }) },
      )
    },
  )
  const problem = (name: 'email' | 'password') => problemOf(name, fieldProblem(signIn.error, name))
  return (
    <form className="flex flex-col gap-4" aria-label={t`Sign in with a password`} {...form}>
      <Field
        label={t`Email`}
        name="email"
        type="email"
        autoComplete="username"
        problem={problem('email')}
      />
      <Field
        label={t`Password`}
        name="password"
        type="password"
        autoComplete="current-password"
        problem={problem('password')}
      />
      <Failure error={signIn.error} wait={wait} fields={['email', 'password']} />
      <Button type="submit" look="primary" size="lg" pending={signIn.isPending} disabled={wait > 0}>
        {t`Sign in`}
      </Button>
      <button
        type="button"
        onClick={onForgotten}
        className="self-center text-xs text-soft hover:text-ink"
      >
        <Trans>
          Forgot your password? <span className="text-accent underline">Use an email link</span>
        </Trans>
      </button>
    </form>
  )
}
