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
          Registered already?{' '}
          <Link to={paths.signInThen(next)} className="text-accent underline">
            Sign in
          </Link>
        </>
      }
    >
      <p className="mb-5 text-soft">
        The account begins with virtual dollars. There is no real money here, to win or to lose.
      </p>
      <RegisterForm next={next} />
    </FormPage>
  )
}
