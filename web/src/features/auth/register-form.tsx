import { t } from '@lingui/core/macro'
import { emailProblem, passwordProblem, phoneProblem } from '@/account-rules'
import { ApiError, fieldProblem } from '@/api/errors'
import { Failure, useWait } from '@/failure'
import { useSignUp } from '@/features/auth/queries'
import { useNavigate } from '@/navigation'
import { useMe } from '@/session'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

type Name = 'email' | 'phone' | 'password'

/**
 * The registration form. Creates an account and signs in, or gives a guest's account an email and a
 * password; then goes to `next`.
 */
export function RegisterForm({ next }: { next: string }) {
  const navigate = useNavigate()
  const isGuest = useMe()?.guest ?? false
  const signUp = useSignUp(isGuest)
  const wait = useWait(signUp)
  const { form, problemOf } = useFormProblems<Name>(
    {
      email: ({ email }) => emailProblem(email),
      phone: ({ phone }) => phoneProblem(phone),
      password: ({ password, email }) => passwordProblem(password, email),
    },
    (values) => {
      signUp.mutate(
        {
          email: values.email.trim(),
          phone: values.phone.trim() || null,
          password: values.password,
        },
        {
          onSuccess({ notice }) {
            if (notice) toast('info', t`Account created`, notice)
            if (isGuest)
              toast('success', t`Your account is kept`, t`Sign in with your email from now on.`)
            navigate(next, { replace: true })
          },
        },
      )
    },
  )
  const problem = (name: Name) => problemOf(name, refusal(signUp.error, name))
  return (
    <form className="flex flex-col gap-4" aria-label={t`Register`} {...form}>
      <Field
        label={t`Email`}
        name="email"
        type="email"
        autoComplete="username"
        problem={problem('email')}
      />
      <Field
        label={t`Phone`}
        name="phone"
        type="tel"
        autoComplete="tel"
        placeholder="+1 555 0100"
        problem={problem('phone')}
        hint={t`Optional; include the country code`}
      />
      <Field
        label={t`Password`}
        name="password"
        type="password"
        autoComplete="new-password"
        problem={problem('password')}
        hint={t`At least 8 characters`}
      />
      {!isTaken(signUp.error) && (
        <Failure error={signUp.error} wait={wait} fields={['email', 'phone', 'password']} />
      )}
      <Button type="submit" look="primary" size="lg" pending={signUp.isPending} disabled={wait > 0}>
        {isGuest ? t`Keep this account` : t`Register`}
      </Button>
    </form>
  )
}

/** The fields at which the errors of taken values are shown. */
const TAKEN: Record<string, Name> = { EMAIL_TAKEN: 'email', PHONE_TAKEN: 'phone' }

function refusal(error: unknown, name: Name): string | null {
  if (error instanceof ApiError && TAKEN[error.code] === name) return error.message
  return fieldProblem(error, name)
}

function isTaken(error: unknown): boolean {
  return error instanceof ApiError && error.code in TAKEN
}
