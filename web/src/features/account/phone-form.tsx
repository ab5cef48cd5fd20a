import { phoneProblem } from '@/account-rules'
import { ApiError, fieldProblem } from '@/api/errors'
import { Failure, useWait } from '@/failure'
import { useChangeProfile } from '@/features/account/queries'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

/** The form that changes the phone number. Change its `key` after each success to reset it. */
export function PhoneForm({ phone, onDone }: { phone: string; onDone: () => void }) {
  const change = useChangeProfile()
  const wait = useWait(change)
  const { form, problemOf } = useFormProblems(
    {
      phone: ({ phone }) => phoneProblem(phone),
      password: ({ password }) => (password ? null : 'Enter your current password'),
    },
    (values) => {
      change.mutate(values, {
        onSuccess() {
          toast('success', 'Phone number changed')
          onDone()
        },
      })
    },
  )
  const { error } = change
  const taken = error instanceof ApiError && error.code === 'PHONE_TAKEN' ? error.message : null
  return (
    <form className="flex flex-col gap-4" aria-label="Change the phone number" {...form}>
      <Field
        label="Phone"
        name="phone"
        type="tel"
        autoComplete="tel"
        defaultValue={`+${phone}`}
        problem={problemOf('phone', taken ?? fieldProblem(error, 'phone'))}
      />
      <Field
        label="Current password"
        name="password"
        type="password"
        autoComplete="current-password"
        problem={problemOf('password', fieldProblem(error, 'password'))}
      />
      {!taken && <Failure error={error} wait={wait} />}
      <Button type="submit" pending={change.isPending} disabled={wait > 0} className="self-start">
        Change phone number
      </Button>
    </form>
  )
}
