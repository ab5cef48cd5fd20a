import { t } from '@lingui/core/macro'
import { passwordProblem } from '@/account-rules'
import { fieldProblem } from '@/api/errors'
import { Failure, useWait } from '@/failure'
import { useChangeProfile } from '@/features/account/queries'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

/** The form that changes the password. Change its `key` after each success to reset it. */
export function PasswordForm({ email, onDone }: { email: string; onDone: () => void }) {
  const change = useChangeProfile()
  const wait = useWait(change)
  const { form, problemOf } = useFormProblems(
    {
      // Only the server knows whether it may be omitted.
      password: () => null,
      newPassword: ({ newPassword }) => passwordProblem(newPassword, email),
    },
    ({ password, newPassword }) => {
      const proof = password ? { password } : {}
      change.mutate(
        { ...proof, newPassword },
        {
          onSuccess() {
            toast('success', t`Password changed`, t`All other sessions were signed out.`)
            onDone()
          },
        },
      )
    },
  )
  const { error } = change
  return (
    <form className="flex flex-col gap-4" aria-label={t`Change the password`} {...form}>
      {/* For password managers, which store the username with the password. */}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <Field
        label={t`Current password`}
        name="password"
        type="password"
        autoComplete="current-password"
        hint={t`Forgot it? Sign in with an email link, then leave this empty within 15 minutes.`}
        problem={problemOf('password', fieldProblem(error, 'password'))}
      />
      <Field
        label={t`New password`}
        name="newPassword"
        type="password"
        autoComplete="new-password"
        problem={problemOf('newPassword', fieldProblem(error, 'newPassword'))}
      />
      <Failure error={error} wait={wait} fields={['password', 'newPassword']} />
      <Button type="submit" pending={change.isPending} disabled={wait > 0} className="self-start">
        {t`Change password`}
      </Button>
    </form>
  )
}
