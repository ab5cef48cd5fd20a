import { useNavigate } from 'react-router'
import { sentence } from '@/api/errors'
import { useSignIn } from '@/features/auth/queries'
import { Button } from '@/ui/button'
import { Field } from '@/ui/field'

export function SignInForm({ next }: { next: string }) {
  const navigate = useNavigate()
  const signIn = useSignIn()
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const body = { email: String(form.get('email')), password: String(form.get('password')) }
        signIn.mutate(body, { onSuccess: () => void navigate(next, { replace: true }) })
      }}
    >
      <Field label="Email" name="email" type="email" autoComplete="email" required />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
      />
      {signIn.isError && (
        <p role="alert" className="text-down">
          {sentence(signIn.error)}
        </p>
      )}
      <Button type="submit" look="primary" pending={signIn.isPending}>
        Sign in
      </Button>
    </form>
  )
}
