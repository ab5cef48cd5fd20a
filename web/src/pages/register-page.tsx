import { Link, useSearchParams } from 'react-router'
import { RegisterForm } from '@/features/auth/register-form'
import { FormPage } from '@/pages/form-page'
import { nextPath, paths } from '@/paths'
import { useTitle } from '@/ui/use-title'

export function RegisterPage() {
  useTitle('Register')
  const [search] = useSearchParams()
  const next = nextPath(search)
  return (
    <FormPage
      title="Register"
      below={
        <>
          Already registered?{' '}
          <Link to={paths.signInThen(next)} className="text-accent underline">
            Sign in
          </Link>
        </>
      }
    >
      <p className="mb-5 text-soft">
        Your account starts with virtual dollars. No real money is involved.
      </p>
      <RegisterForm next={next} />
    </FormPage>
  )
}
