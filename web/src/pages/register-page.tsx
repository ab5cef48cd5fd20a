import { Link } from 'react-router'
import { paths } from '@/paths'
import { Logo } from '@/ui/logo'

export function RegisterPage() {
  return (
    <main className="p-6">
      <Logo />
      <Link to={paths.signIn} className="text-accent hover:underline">
        Sign in
      </Link>
    </main>
  )
}
