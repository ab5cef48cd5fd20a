import { t } from '@lingui/core/macro'
import { phoneProblem } from '@/account-rules'
import { ApiError, fieldProblem } from '@/api/errors'
import { Failure, useWait } from '@/failure'
import { useChangeProfile } from '@/features/account/queries'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

/** The form that changes the phone number, or removes it. Change its `key` after each success to reset it. */
export function PhoneForm({ phone, onDone }: { phone: string | null; onDone: () => void }) {
  const change = useChangeProfile()
  const wait = useWait(change)
  const { form, problemOf } = useFormProblems(
    {
      phone: ({ phone }) => phoneProblem(phone),
      password: ({ password }) => (password ? null : t`Enter your current password`),
    },
    (values) => {
      const next = values.phone.trim() || null
      change.mutate(
        { ...values, phone: next },
        {
          onSuccess() {
            toast('success', next === null ? t`Phone number removed` : t`Phone number changed`)
            onDone()
          },
        },
      )
    },
  )
  const { error } = change
  const taken = error instanceof ApiError && error.code === 'PHONE_TAKEN' ? error.message : null
  return (
    <form className="flex flex-col gap-4" aria-label={t`Change the phone number`} {...form}>
      <Field
        label={t`Phone`}
        name="phone"
        type="tel"
        autoComplete="tel"
        defaultValue={phone === null ? '' : `+${phone}`}
        hint={t`Optional; leave it empty to remove the number`}
        problem={problemOf('phone', taken ?? fieldProblem(error, 'phone'))}
      />
      <Field
        label={t`Current password`}
        name="password"
        type="password"
        autoComplete="current-password"
        problem={problemOf('password', fieldProblem(error, 'password'))}
      />
      {!taken && <Failure error={error} wait={wait} fields={['phone', 'password']} />}
      <Button type="submit" pending={change.isPending} disabled={wait > 0} className="self-start">
        {t`Change phone number`}
      </Button>
    </form>
  )
}
